namespace Enkryptify.Gateway.Storage;

/// <summary>The data directory cannot be used as it is. The message is for the operator and says what to do.</summary>
internal sealed class StorageException(string message, Exception? cause = null) : Exception(message, cause);
