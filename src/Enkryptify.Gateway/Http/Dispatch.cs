using Enkryptify.Gateway.Access;
using Enkryptify.Gateway.Audit;
using Enkryptify.Gateway.Identity;
using Enkryptify.Gateway.Workspaces;
using Microsoft.AspNetCore.Http.Features;

namespace Enkryptify.Gateway.Http;

/// <summary>
/// The last step of a request: prove the caller as the route declares, run the handler, write its reply. A caller who cannot be proven is counted
/// in the audit log and never reaches the handler.
/// </summary>
internal sealed class Dispatch(Authenticator authenticator, RefusalLog refusals, PageGate pages, IRemoteWorkspaces remotes)
{
    /// <summary>Bytes of a request body on a route that anybody may reach.</summary>
    public const int MaxAnonymousBody = 32 * 1024;

    public async Task Run(GatewayRoute route, HttpContext context)
    {
        var request = RequestFacts.Of(context);
        if (route.Access is PageAccess page)
        {
            var (instead, visit) = await pages.Enter(route, page, context).ConfigureAwait(false);
            if (instead is null && visit.Visitor is { } person)
            {
                await Prepare(context, person).ConfigureAwait(false);
            }

            await (instead ?? await route.Handler(visit).ConfigureAwait(false)).Write(context, request.Id).ConfigureAwait(false);
            return;
        }

        Caller? caller = null;
        if (route.Errors is { } errors)
        {
            context.Features.Set(errors);
        }

        if (route.Access is AnonymousAccess or AssetAccess)
        {
            // Who has proven nothing is parsed in small portions only (invariant 8).
            context.Features.Get<IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MaxAnonymousBody;
        }
        else
        {
            var outcome = Prove(context, request);
            if (route.Access is SignedInAccess && outcome.Refusal is null && outcome.Value is not LoginCaller)
            {
                outcome = Refusal.Forbidden("only a signed-in person can do this") with { Reason = $"not_a_person:{outcome.Value.Actor.Kind}" };
            }

            if (outcome.Refused(out var refusal, out caller))
            {
                await refusals.Refused($"{route.Method} {route.Pattern}", refusal.Reason ?? refusal.Code, request.AddressText, request.Id).ConfigureAwait(false);
                await Reply.Refused(refusal).Write(context, request.Id).ConfigureAwait(false);
                return;
            }

            request.Actor = caller.Actor;
            await Prepare(context, caller).ConfigureAwait(false);
        }

        var reply = await route.Handler(new Call(context, request.Id, request.AddressText, caller)).ConfigureAwait(false);
        NoteAge(context, caller);
        await reply.Write(context, request.Id).ConfigureAwait(false);
    }

    /// <summary>Every operation in a remote workspace, also the making of a scope, stands on its structure as it is now.</summary>
    private ValueTask Prepare(HttpContext context, Caller caller) =>
        context.Request.RouteValues.TryGetValue("ws", out var workspace) ? remotes.Prepare(caller, (string)workspace!) : default;

    /// <summary>That an answer was kept and how old it is, for whoever reads it (RFC 9111 section 5.1, RFC 7234 section 5.5.2).</summary>
    private static void NoteAge(HttpContext context, Caller? caller)
    {
        if (caller?.KeptAnswer is { } age && HttpMethods.IsGet(context.Request.Method))
        {
            context.Response.Headers.Age = ((long)age.TotalSeconds).ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers.Warning = "111 - \"Revalidation Failed\"";
        }
    }

    private Outcome<Caller> Prove(HttpContext context, RequestFacts request)
    {
        if (context.Features.Get<AdminPeer>() is { } peer)
        {
            return new OperatorCaller(peer.UserId, request.Id);
        }

        return Bearer.Of(context.Request) is { } token
            ? authenticator.Authenticate(token, request.AddressText, request.Id)
            : Refusal.Unauthenticated("no_token");
    }
}

/// <summary>The token of an <c>Authorization: Bearer …</c> header (RFC 6750 section 2.1).</summary>
internal static class Bearer
{
    public static string? Of(HttpRequest request)
    {
        var header = request.Headers.Authorization;
        if (header.Count != 1 || header[0] is not { } value || !value.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var token = value["Bearer ".Length..].Trim();
        return token.Length == 0 ? null : token;
    }
}
