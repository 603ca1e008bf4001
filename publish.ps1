# Builds the native executable; all logic is in src/Enkryptify.Gateway/Enkryptify.Gateway.csproj.
Set-Location $PSScriptRoot
dotnet publish src/Enkryptify.Gateway -c Release -r linux-x64 -o artifacts/linux-x64
exit $LASTEXITCODE
