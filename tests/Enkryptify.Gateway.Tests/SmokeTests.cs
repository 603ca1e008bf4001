namespace Enkryptify.Gateway.Tests;
public class SmokeTests { [Fact] public void Runs() => Assert.True(typeof(Program).Assembly.GetName().Name == "enkryptify-gateway"); }
