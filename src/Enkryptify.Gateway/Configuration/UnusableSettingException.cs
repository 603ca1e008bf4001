namespace Enkryptify.Gateway.Configuration;

/// <summary>A setting is right in its form, and what it names cannot be used: a key file that is missing, a CA that is none. The message is for the operator.</summary>
internal class UnusableSettingException(string message) : Exception(message);
