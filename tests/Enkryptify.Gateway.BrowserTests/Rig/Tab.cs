using System.Text.Json;
using Enkryptify.Gateway.Tests.TestKit;

namespace Enkryptify.Gateway.BrowserTests.Rig;

/// <summary>A browser tab as a person uses it: goes somewhere, reads, fills in, presses. What is pressed is named as it reads on the screen.</summary>
internal sealed class Tab(IPage page, Conduct conduct, bool scripts)
{
    public IPage Page => page;

    public Conduct Conduct => conduct;

    public bool Scripts => scripts;

    /// <summary>The path and query of the page.</summary>
    public string Path => new Uri(page.Url).PathAndQuery;

    public async Task<IResponse> Go(string path, int status = 200)
    {
        if (status >= 400)
        {
            conduct.Allow(status);
        }

        var response = await page.GotoAsync(path) ?? throw new InvalidOperationException($"{path} is no other page");
        Assert.True(response.Status == status, $"{path}: {response.Status} instead of {status}\n{(await response.TextAsync())[..Math.Min(2000, (await response.TextAsync()).Length)]}");
        return response;
    }

    public ILocator Button(string name) => page.GetByRole(AriaRole.Button, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Link(string name) => page.GetByRole(AriaRole.Link, new PageGetByRoleOptions { Name = name, Exact = true });

    public ILocator Field(string label) => page.GetByLabel(label, new PageGetByLabelOptions { Exact = true });

    public ILocator Heading(string text) => page.GetByRole(AriaRole.Heading, new PageGetByRoleOptions { Name = text });

    public ILocator Text(string text) => page.GetByText(text);

    public Task Fill(string label, string value) => Field(label).FillAsync(value);

    public Task Press(string button) => Button(button).ClickAsync();

    /// <summary>Everything that the page shows as text.</summary>
    public Task<string> Words() => page.Locator("body").InnerTextAsync();

    public Task Sees(string text, bool ignoreCase = false) =>
        Expect(page.Locator("body")).ToContainTextAsync(text, new LocatorAssertionsToContainTextOptions { IgnoreCase = ignoreCase, UseInnerText = true });

    public Task SeesNo(string text) => Expect(page.Locator("body")).Not.ToContainTextAsync(text, new LocatorAssertionsToContainTextOptions { UseInnerText = true });

    /// <summary>The page is at this path, whatever its query.</summary>
    public async Task IsAt(string path)
    {
        try
        {
            await page.WaitForURLAsync(url => new Uri(url).AbsolutePath == path);
        }
        catch (TimeoutException)
        {
            Assert.Equal(path, new Uri(page.Url).AbsolutePath);
        }
    }

    /// <summary>Opens the menu of a row and chooses from it. With scripts, what asks first opens as a dialog.</summary>
    public async Task Choose(string row, string item)
    {
        var line = page.GetByRole(AriaRole.Row).Filter(new LocatorFilterOptions { HasText = row });
        await line.Locator("details.menu summary").ClickAsync();
        await line.GetByRole(AriaRole.Link, new LocatorGetByRoleOptions { Name = item, Exact = true }).ClickAsync();
    }

    /// <summary>Posts a form as this page's person would, with the page's own token but with fields and a target of the sender's choice.</summary>
    /// <returns>The status.</returns>
    public async Task<int> Forge(string path, params (string Name, string Value)[] fields)
    {
        var token = await page.Locator("input[name=_form]").First.InputValueAsync();
        var form = page.Context.APIRequest.CreateFormData().Append("_form", token);
        foreach (var (name, value) in fields)
        {
            form.Append(name, value);
        }

        var answer = await page.APIRequest.PostAsync(path, new APIRequestContextOptions { Form = form, MaxRedirects = 0 });
        return answer.Status;
    }

    /// <summary>Presses the browser's back button, and gives what it then shows: the page before, or what the browser says when it may not show that again.</summary>
    public async Task<string> Back()
    {
        // Asked of the browser: a script in the page could lose the page under its own call.
        var protocol = await page.Context.NewCDPSessionAsync(page);
        var (here, entries) = await History();
        await protocol.SendAsync("Page.navigateToHistoryEntry", new() { ["entryId"] = entries[here - 1].GetProperty("id").GetInt32() });
        for (var (last, tries) = ("", 0); ; tries++)
        {
            await Task.Delay(250);
            try
            {
                var now = await page.ContentAsync();
                if (now == last && (await History()).Here == here - 1)
                {
                    return now;
                }

                last = now;
            }
            catch (PlaywrightException) when (tries < 40)
            {
                // On the way from one page to the other.
            }

            Assert.True(tries < 40, "The browser did not go back.");
        }

        async Task<(int Here, JsonElement Entries)> History()
        {
            var history = (await protocol.SendAsync("Page.getNavigationHistory"))!.Value;
            return (history.GetProperty("currentIndex").GetInt32(), history.GetProperty("entries"));
        }
    }

    /// <summary>Signs in on the page for that, which has to be shown.</summary>
    public async Task SignIn(string email, string password = People.Password)
    {
        await Fill("E-mail", email);
        await Fill("Password", password);
        await Press("Sign in");
    }

    public async Task<string> KeepPicture()
    {
        var name = string.Concat((TestContext.Current.Test?.TestDisplayName ?? "page").Split(System.IO.Path.GetInvalidFileNameChars()));
        var path = System.IO.Path.Combine(Pictures.Directory, "failed", name[..Math.Min(120, name.Length)] + ".png");
        try
        {
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = path, FullPage = true });
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException or IOException)
        {
            return $"no picture ({error.Message})";
        }

        return path;
    }
}
