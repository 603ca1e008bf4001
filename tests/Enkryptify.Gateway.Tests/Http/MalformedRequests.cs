using System.Text;

namespace Enkryptify.Gateway.Tests.Http;

/// <summary>A request that is wrong in one way, the status it must get, and what the message must name.</summary>
/// <param name="Path">{shopDev}, {red} and the like stand for ids of the sample structure.</param>
/// <param name="Body">Sent as these bytes; null sends none.</param>
/// <param name="Headers">Instead of <c>Content-Type: application/json</c>.</param>
internal sealed record MalformedRequest(string Name, string Method, string Path, byte[]? Body, int Status, string Names, string[]? Headers = null);

/// <summary>The table of acceptance line 8.</summary>
internal static class MalformedRequests
{
    private const string Secret = "/v1/workspace/acme/project/shop/secret";
    private const string Tokens = "/v1/workspace/acme/tokens";
    private static readonly string Deep = string.Concat(Enumerable.Repeat("[", 5000));

    public static IEnumerable<MalformedRequest> All => [.. Syntax(), .. Types(), .. Names(), .. Sizes(), .. Structure(), .. TokenFields(), .. Queries(), .. Methods(), .. Encodings()];

    private static MalformedRequest Post(string name, string path, string body, string names, int status = 400) => new(name, "POST", path, Encoding.UTF8.GetBytes(body), status, names);

    private static MalformedRequest Put(string name, string body, string names, int status = 400) =>
        new("PUT: " + name, "PUT", Secret + "/KEY", Encoding.UTF8.GetBytes(body), status, names);

    private static MalformedRequest Get(string name, string path, string names, int status = 400, string method = "GET") => new(name, method, path, null, status, names);

    /// <summary>A creation of one secret, with one part of it exchanged.</summary>
    private static string One(string key = "\"NEW\"", string value = "\"v\"", string environments = "[\"{shopDev}\"]", string more = "") =>
        $$"""{"environments":{{environments}},"secrets":[{"key":{{key}},"value":{{value}},"type":"runtime","dataType":"text"{{more}}}]}""";

    private static string Token(string name = "\"t\"", string permission = "\"read\"", string scope = "{\"all\":true}", string expiresIn = "\"24h\"") =>
        $$"""{"name":{{name}},"permission":{{permission}},"scope":{{scope}},"expiresIn":{{expiresIn}}}""";

    private static string Entry(string value = "\"v\"", string environment = "\"{shopDev}\"", string personal = "false") =>
        $$"""{"environmentId":{{environment}},"value":{{value}},"isPersonal":{{personal}}}""";

    private static IEnumerable<MalformedRequest> Syntax() =>
    [
        Post("empty body where one is needed", Secret, "", "body:"),
        Post("not JSON", Secret, "environments=dev", "body:"),
        Post("cut off", Secret, One()[..^3], "body:"),
        Post("single quotes", Secret, "{'environments':[]}", "body:"),
        Post("a trailing comma", Secret, """{"environments":["{shopDev}"],}""", "body:"),
        Post("a comment", Secret, "/* x */" + One(), "body:"),
        Post("two documents", Secret, One() + One(), "body:"),
        Post("an array instead of an object", Secret, $"[{One()}]", "body:"),
        Post("a string instead of an object", Secret, "\"x\"", "body:"),
        Post("null instead of an object", Secret, "null", "body:"),
        Post("nested 5000 deep", Secret, Deep, "body:"),
        Post("nested 5000 deep in a member that is not read", Secret, One(more: ",\"x\":" + Deep), "body:"),
        Post("a NaN", Secret, One(value: "NaN"), "body:"),
        Post("a raw line break in a string", Secret, One(value: "\"a\nb\""), "body:"),
        Post("a member that stands twice", Secret, One(more: ",\"value\":\"other\""), "secrets[0].value:"),
        Post("a list that stands twice", Secret, One()[..^1] + ",\"environments\":[\"{shopProd}\"]}", "environments:"),
        Put("a name that stands twice", """{"name":"A","name":"B"}""", "name:"),
    ];

    private static IEnumerable<MalformedRequest> Types() =>
    [
        Post("no environments", Secret, """{"secrets":[{"key":"NEW","value":"v"}]}""", "environments:"),
        Post("no secrets", Secret, """{"environments":["{shopDev}"]}""", "secrets:"),
        Post("environments empty", Secret, One(environments: "[]"), "environments:"),
        Post("environments a string", Secret, One(environments: "\"{shopDev}\""), "environments:"),
        Post("an environment that is a number", Secret, One(environments: "[1]"), "environments[0]:"),
        Post("an environment that is null", Secret, One(environments: "[\"{shopDev}\",null]"), "environments[1]:"),
        Post("an environment twice", Secret, One(environments: "[\"{shopDev}\",\"{shopDev}\"]"), "environments[1]:"),
        Post("an environment twice, by id and name", Secret, One(environments: "[\"{shopDev}\",\"dev\"]"), "environments[1]:"),
        Post("secrets an object", Secret, """{"environments":["{shopDev}"],"secrets":{}}""", "secrets:"),
        Post("secrets empty", Secret, """{"environments":["{shopDev}"],"secrets":[]}""", "secrets:"),
        Post("a secret that is a string", Secret, """{"environments":["{shopDev}"],"secrets":["NEW"]}""", "secrets[0]:"),
        Post("a value that is a number", Secret, One(value: "1"), "secrets[0].value:"),
        Post("a value that is an object", Secret, One(value: "{}"), "secrets[0].value:"),
        Post("a value that is null", Secret, One(value: "null"), "secrets[0].value:"),
        Post("an empty value", Secret, One(value: "\"\""), "secrets[0].value:"),
        Post("a type that is a list", Secret, """{"environments":["{shopDev}"],"secrets":[{"key":"NEW","value":"v","type":[]}]}""", "secrets[0].type:"),
        Post("a type in capitals", Secret, """{"environments":["{shopDev}"],"secrets":[{"key":"NEW","value":"v","type":"Runtime"}]}""", "secrets[0].type:"),
        Post("an empty type", Secret, """{"environments":["{shopDev}"],"secrets":[{"key":"NEW","value":"v","type":""}]}""", "secrets[0].type:"),
        Post("a note that is true", Secret, One(more: ",\"note\":true"), "secrets[0].note:"),
        Put("values an object", """{"values":{}}""", "values:"),
        Put("an entry that is null", """{"values":[null]}""", "values[0]:"),
        Put("an entry without an environment", """{"values":[{"value":"v","isPersonal":false}]}""", "values[0].environmentId:"),
        Put("an entry without a value", """{"values":[{"environmentId":"{shopDev}","isPersonal":false}]}""", "values[0].value:"),
        Put("isPersonal a string", $$"""{"values":[{{Entry(personal: "\"false\"")}}]}""", "values[0].isPersonal:"),
        Put("isPersonal a number", $$"""{"values":[{{Entry(personal: "0")}}]}""", "values[0].isPersonal:"),
        Put("two entries for one environment", $$"""{"values":[{{Entry()}},{{Entry("\"w\"")}}]}""", "values[1]:"),
        Put("two entries for one environment, by id and name", $$"""{"values":[{{Entry()}},{{Entry("\"w\"", "\"dev\"")}}]}""", "values[1]:"),
        Put("two equal entries for one environment", $$"""{"values":[{{Entry("\"shop-dev\"")}},{{Entry("\"shop-dev\"")}}]}""", "values[1]:"),
        Put("an empty value", $$"""{"values":[{{Entry("\"\"")}}]}""", "values[0].value:"),
        Put("a good entry before a bad one", $$"""{"values":[{{Entry()}},{{Entry("5", "\"{shopProd}\"")}}]}""", "values[1].value:"),
        Put("a name that is a number", """{"name":7}""", "name:"),
    ];

    private static IEnumerable<MalformedRequest> Names() =>
    [
        Post("no key", Secret, """{"environments":["{shopDev}"],"secrets":[{"value":"v"}]}""", "secrets[0].key:"),
        Post("an empty key", Secret, One("\"\""), "secrets[0].key:"),
        Post("a key with a space", Secret, One("\"A B\""), "secrets[0].key:"),
        Post("a key with a dot", Secret, One("\"A.B\""), "secrets[0].key:"),
        Post("a key with a slash", Secret, One("\"../A\""), "secrets[0].key:"),
        Post("a key beyond ASCII", Secret, One("\"ÄPFEL\""), "secrets[0].key:"),
        Post("a key with NUL", Secret, One("\"A\\u0000\""), "secrets[0].key:"),
        Post("a key with a line break at its end", Secret, One("\"A\\n\""), "secrets[0].key:"),
        Post("a key of 129", Secret, One($"\"{new string('A', 129)}\""), "secrets[0].key:"),
        Post("a key that is a UUID", Secret, One("\"01890a5d-ac96-774b-bcce-b302099a8057\""), "secrets[0].key:"),
        Post("a key that is a UUID without hyphens", Secret, One("\"01890a5dac96774bbcceb302099a8057\""), "secrets[0].key:"),
        Post("a key twice", Secret, """{"environments":["{shopDev}"],"secrets":[{"key":"NEW","value":"v"},{"key":"NEW","value":"w"}]}""", "secrets[1].key:"),
        Put("a name with a dollar", """{"name":"$A"}""", "name:"),
        Put("a name that is a UUID", """{"name":"01890a5d-ac96-774b-bcce-b302099a8057"}""", "name:"),
        Put("an empty name", """{"name":""}""", "name:"),
    ];

    private static IEnumerable<MalformedRequest> Sizes() =>
    [
        Post("a value above 64 KiB", Secret, One(value: $"\"{new string('x', 65_537)}\""), "secrets[0].value:"),
        Post("a value above 64 KiB in UTF-8 alone", Secret, One(value: $"\"{new string('é', 32_769)}\""), "secrets[0].value:"),
        Post("a value with NUL", Secret, One(value: "\"a\\u0000b\""), "secrets[0].value:"),
        Post("a note of 1001", Secret, One(more: $",\"note\":\"{new string('n', 1001)}\""), "secrets[0].note:"),
        Post("a type of 33", Secret, """{"environments":["{shopDev}"],"secrets":[{"key":"NEW","value":"v","type":"abcdefghijklmnopqrstuvwxyzabcdefg"}]}""", "secrets[0].type:"),
        Post("101 environments", Secret, One(environments: $"[{string.Join(',', Enumerable.Repeat("\"{shopDev}\"", 101))}]"), "environments:"),
        Put("1001 entries", $$"""{"values":[{{string.Join(',', Enumerable.Repeat(Entry(), 1001))}}]}""", "values:"),
        Put("a value above 64 KiB", $$"""{"values":[{{Entry($"\"{new string('x', 65_537)}\"")}}]}""", "values[0].value:"),
        Put("a value with NUL", $$"""{"values":[{{Entry("\"\\u0000\"")}}]}""", "values[0].value:"),
        Put("a note with NUL", """{"note":"a\u0000"}""", "note:"),
        Put("a note of 1001", $$"""{"note":"{{new string('n', 1001)}}"}""", "note:"),
        Post("a body above 4 MiB", Secret, One(value: $"\"{new string('x', 4 << 20)}\""), "body", 413),
        new("a body that says it is above 4 MiB", "POST", Secret, null, 413, "body", ["Content-Type: application/json", "Content-Length: 4194305"]),
        new("a chunked body above 4 MiB", "POST", Secret, [.. "400000\r\n"u8, .. Enumerable.Repeat((byte)' ', 4 << 20), .. "\r\n8\r\n        \r\n0\r\n\r\n"u8], 413, "body",
            ["Content-Type: application/json", "Transfer-Encoding: chunked"]),
    ];

    private static IEnumerable<MalformedRequest> Structure() =>
    [
        Post("workspace: no slug", "/v1/workspace", """{"name":"w"}""", "slug:"),
        Post("workspace: slug of 1", "/v1/workspace", """{"name":"w","slug":"w"}""", "slug:"),
        Post("workspace: slug of 49", "/v1/workspace", $$"""{"name":"w","slug":"{{new string('w', 49)}}"}""", "slug:"),
        Post("workspace: slug in capitals", "/v1/workspace", """{"name":"w","slug":"Work"}""", "slug:"),
        Post("workspace: slug with an underscore", "/v1/workspace", """{"name":"w","slug":"a_b"}""", "slug:"),
        Post("workspace: slug that is a UUID", "/v1/workspace", """{"name":"w","slug":"01890a5d-ac96-774b-bcce-b302099a8057"}""", "slug:"),
        Post("workspace: slug that is a UUID without hyphens", "/v1/workspace", """{"name":"w","slug":"01890a5dac96774bbcceb302099a8057"}""", "slug:"),
        Post("workspace: nobody's address", "/v1/workspace", """{"name":"w","slug":"work","ownerEmail":"nobody@acme.test"}""", "ownerEmail:"),
        Post("team: no name", "/v1/workspace/acme/team", "{}", "name:"),
        Post("team: a name of blanks", "/v1/workspace/acme/team", """{"name":"  \u00a0 "}""", "name: must contain at least 1 character"),
        Post("team: a name of 65", "/v1/workspace/acme/team", $$"""{"name":"{{new string('t', 65)}}"}""", "name:"),
        Post("team: a name with NUL", "/v1/workspace/acme/team", """{"name":"a\u0000b"}""", "name:"),
        Post("team: a name with a bell", "/v1/workspace/acme/team", """{"name":"a\u0007b"}""", "name:"),
        Post("team: a name with a C1 control", "/v1/workspace/acme/team", """{"name":"a\u0085b"}""", "name:"),
        Post("team: a name with }", "/v1/workspace/acme/team", """{"name":"a}b"}""", "name:"),
        Post("team: a name that is null", "/v1/workspace/acme/team", """{"name":null}""", "name:"),
        Post("project: no team", "/v1/workspace/acme/project", """{"name":"p","slug":"pp"}""", "teamId:"),
        Post("project: a team's name for its id", "/v1/workspace/acme/project", """{"name":"p","slug":"pp","teamId":"red"}""", "teamId:"),
        Post("project: an id in braces", "/v1/workspace/acme/project", """{"name":"p","slug":"pp","teamId":"{{red}}"}""", "teamId:"),
        Post("project: an id with a blank", "/v1/workspace/acme/project", """{"name":"p","slug":"pp","teamId":" {red}"}""", "teamId:"),
        Post("project: a slug that is a number", "/v1/workspace/acme/project", """{"name":"p","slug":12,"teamId":"{red}"}""", "slug:"),
        Post("project: another workspace's team", "/v1/workspace/acme/project", """{"name":"p","slug":"pp","teamId":"{green}"}""", "Team not found", 404),
        Post("environment: hasPersonalOverrides a string", "/v1/workspace/acme/project/shop/environment", """{"name":"e","hasPersonalOverrides":"yes"}""", "hasPersonalOverrides:"),
        Post("environment: a name that is an object", "/v1/workspace/acme/project/shop/environment", """{"name":{}}""", "name:"),
        Post("environment: of no project", "/v1/workspace/acme/project/nowhere/environment", """{"name":"e"}""", "Project not found", 404),
    ];

    private static IEnumerable<MalformedRequest> TokenFields() =>
    [
        Post("token: no name", Tokens, """{"permission":"read","scope":{"all":true},"expiresIn":"24h"}""", "name:"),
        Post("token: a name of 65", Tokens, Token($"\"{new string('t', 65)}\""), "name:"),
        Post("token: a permission of ours alone", Tokens, Token(permission: "\"admin\""), "permission:"),
        Post("token: a permission in capitals", Tokens, Token(permission: "\"Read\""), "permission:"),
        Post("token: a permission that is a list", Tokens, Token(permission: "[\"read\"]"), "permission:"),
        Post("token: no scope", Tokens, """{"name":"t","permission":"read","expiresIn":"24h"}""", "scope:"),
        Post("token: scope a string", Tokens, Token(scope: "\"all\""), "scope:"),
        Post("token: scope of nothing", Tokens, Token(scope: "{}"), "scope.all:"),
        Post("token: scope of empty lists", Tokens, Token(scope: """{"all":false,"teams":[],"projects":[],"environments":[]}"""), "scope.all:"),
        Post("token: all a string", Tokens, Token(scope: """{"all":"true"}"""), "scope.all:"),
        Post("token: all twice", Tokens, Token(scope: """{"all":false,"all":true}"""), "scope.all:"),
        Post("token: teams a string", Tokens, Token(scope: """{"teams":"{red}"}"""), "scope.teams:"),
        Post("token: a slug in projects", Tokens, Token(scope: """{"projects":["shop"]}"""), "scope.projects[0]:"),
        Post("token: a number in environments", Tokens, Token(scope: """{"environments":["{shopDev}",1]}"""), "scope.environments[1]:"),
        Post("token: an id of nothing", Tokens, Token(scope: """{"environments":["00000000-0000-7000-8000-000000000000"]}"""), "scope.environments[0]:"),
        Post("token: 101 ids", Tokens, Token(scope: $$"""{"teams":[{{string.Join(',', Enumerable.Repeat("\"{red}\"", 101))}}]}"""), "scope.teams:"),
        Post("token: 101 ids over two kinds", Tokens,
            Token(scope: $$"""{"teams":[{{string.Join(',', Enumerable.Repeat("\"{red}\"", 60))}}],"projects":[{{string.Join(',', Enumerable.Repeat("\"{shop}\"", 41))}}]}"""), "scope:"),
        Post("token: no lifetime", Tokens, """{"name":"t","permission":"read","scope":{"all":true}}""", "expiresIn:"),
        Post("token: a lifetime of ours not", Tokens, Token(expiresIn: "\"1y\""), "expiresIn:"),
        Post("token: a lifetime in seconds", Tokens, Token(expiresIn: "86400"), "expiresIn:"),
        Post("token: a lifetime of null", Tokens, Token(expiresIn: "null"), "expiresIn:"),
    ];

    private static IEnumerable<MalformedRequest> Queries() =>
    [
        Get("the two spellings differ", Secret + "?environmentId={shopDev}&environment_id={shopProd}", "environmentId:"),
        Get("one spelling twice, different", Secret + "?environmentId={shopDev}&environmentId={shopProd}", "environmentId:"),
        Get("the other spelling twice, different", Secret + "/KEY?environment_id={shopDev}&environment_id=", "environment_id:"),
        Get("an empty filter", Secret + "?environmentId=", "environmentId:"),
        Get("an empty filter without =", Secret + "?environment_id", "environmentId:"),
        Get("resolve neither true nor false", Secret + "?resolve=yes", "resolve:"),
        Get("resolve empty", Secret + "?resolve=", "resolve:"),
        Get("resolve both", Secret + "?resolve=true&resolve=false", "resolve:"),
        Get("resolve with NUL", Secret + "?resolve=true%00", "resolve:"),
        Get("a filter that differs on a delete", Secret + "/KEY?environmentId={shopDev}&environment_id={shopProd}", "environmentId:", method: "DELETE"),
        Get("an empty filter on a delete", Secret + "/KEY?environmentId=", "environmentId:", method: "DELETE"),
        Get("a filter of NUL", Secret + "?environmentId=%00", "Environment not found", 404),
        Get("a filter of bytes that are no UTF-8", Secret + "?environmentId=%FF%FE", "Environment not found", 404),
        Get("a filter with half an escape", Secret + "?environmentId=%E", "Environment not found", 404),
        Get("a filter of 7000 characters", Secret + "?environmentId=" + new string('e', 7000), "Environment not found", 404),
        Get("another project's environment", Secret + "?environmentId={bankDev}", "Environment not found", 404),
        Get("another project's environment on a delete", Secret + "/KEY?environmentId={bankDev}", "Environment not found", 404, "DELETE"),
        Get("a key with a traversal", Secret + "/%2e%2e%2f%2e%2e", "Secret not found", 404),
        Get("a path of bytes that are no UTF-8", Secret + "/%FF", "Secret not found", 404),
        Get("a key of half a surrogate pair", Secret + "/%ED%A0%80", "Secret not found", 404),
        Get("a key in quotes", Secret + "/%27%20OR%201=1--", "Secret not found", 404),
        Get("a project in quotes", "/v1/workspace/acme/project/%22shop%22/secret", "Project not found", 404),
        Get("a workspace beyond ASCII", "/v1/workspace/%E2%82%AC/project", "Workspace not found", 404),
        Get("a workspace in capitals", "/v1/workspace/ACME/project", "Workspace not found", 404),
        Get("an empty segment", "/v1/workspace//project", "No such route", 404),
        Get("too many segments", Secret + "/KEY/more", "No such route", 404),
        Get("a version that is none", "/v2/workspace", "No such route", 404),
    ];

    private static IEnumerable<MalformedRequest> Methods() =>
    [
        Get("PATCH on a secret", Secret + "/KEY", "Method not allowed", 405, "PATCH"),
        Get("POST on a secret", Secret + "/KEY", "Method not allowed", 405, "POST"),
        Get("PUT on the list", Secret, "Method not allowed", 405, "PUT"),
        Get("DELETE on the list", Secret, "Method not allowed", 405, "DELETE"),
        Get("GET on the exchange", "/v1/auth/exchange", "Method not allowed", 405),
        Get("GET on a rotation", Tokens + "/00000000-0000-7000-8000-000000000000/rotate", "Method not allowed", 405),
        Get("TRACE", "/v1/workspace", "Method not allowed", 405, "TRACE"),
        Get("OPTIONS", "/v1/workspace", "Method not allowed", 405, "OPTIONS"),
        Get("a method that is none", "/v1/workspace", "Method not allowed", 405, "FROBNICATE"),
        Get("a method in small letters", "/v1/workspace", "Method not allowed", 405, "purge"),
    ];

    private static IEnumerable<MalformedRequest> Encodings() =>
    [
        Bytes("a value of bytes that are no UTF-8", One(value: "\"~\""), [0xC3, 0x28], "secrets[0].value:"),
        Bytes("a value with an overlong NUL", One(value: "\"~\""), [0xC0, 0x80], "secrets[0].value:"),
        Bytes("a value with an encoded surrogate", One(value: "\"~\""), [0xED, 0xA0, 0x80], "secrets[0].value:"),
        Bytes("a key of bytes that are no UTF-8", One("\"~\""), [0xFF], "secrets[0].key:"),
        Bytes("a member's name that is no UTF-8", """{"~":1}""", [0xFE], "body:"),
        Post("half a surrogate pair", Secret, One(value: "\"\\ud83d\""), "secrets[0].value:"),
        Post("the other half alone", Secret, One(value: "\"\\ude00 x\""), "secrets[0].value:"),
        Post("half a surrogate pair as a member's name", Secret, """{"\ud83d":1}""", "body:"),
        Post("half a surrogate pair as a name", "/v1/workspace/acme/team", """{"name":"\udfff"}""", "name:"),
        Put("half a surrogate pair in a note", """{"note":"\ud800"}""", "note:"),
        new("UTF-16", "POST", Secret, Encoding.Unicode.GetBytes(One()), 400, "body:"),
        Typed("text/plain", 415),
        Typed("application/x-www-form-urlencoded", 415),
        Typed("multipart/form-data; boundary=x", 415),
        Typed("application/xml", 415),
        Typed("application/json; charset=utf-16", 415),
        Typed("application/json; charset=iso-8859-1", 415),
        Typed("application/jsonp", 415),
        Typed("application", 415),
        Typed("\u0001", 415),
        new("two content types", "POST", Secret, Encoding.UTF8.GetBytes(One()), 415, "Content-Type", ["Content-Type: application/json", "Content-Type: text/plain"]),
        new("a body that says it is compressed", "POST", Secret, Encoding.UTF8.GetBytes(One()), 415, "Content-Encoding", ["Content-Type: application/json", "Content-Encoding: gzip"]),
    ];

    private static MalformedRequest Typed(string contentType, int status) =>
        new($"Content-Type {contentType.Replace("\u0001", "with a control character", StringComparison.Ordinal)}", "POST", Secret, Encoding.UTF8.GetBytes(One()), status, "Content-Type", [$"Content-Type: {contentType}"]);

    /// <summary>The body with its ~ exchanged for these bytes.</summary>
    private static MalformedRequest Bytes(string name, string body, byte[] bytes, string names)
    {
        var at = body.IndexOf('~', StringComparison.Ordinal);
        return new MalformedRequest(name, "POST", Secret, [.. Encoding.UTF8.GetBytes(body[..at]), .. bytes, .. Encoding.UTF8.GetBytes(body[(at + 1)..])], 400, names);
    }
}
