using Enkryptify.Gateway.BrowserTests.Rig;

// One browser and one gateway for all; each test has a browser context, and what it changes, to itself.
[assembly: AssemblyFixture(typeof(Stage))]
