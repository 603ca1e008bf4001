using Enkryptify.Gateway.Http;

namespace Enkryptify.Gateway.Dashboard.Layout;

/// <summary>A field of a form. Its id is its name with <c>f-</c> before it, so that a link or a label can lead there.</summary>
internal sealed record Field(string Name, string Label)
{
    /// <summary>What to know before typing.</summary>
    public string? Hint { get; init; }

    /// <summary>text, email, password, search …</summary>
    public string Type { get; init; } = "text";

    /// <summary>What a password manager may put here; <c>off</c> keeps it out.</summary>
    public string? Autocomplete { get; init; }

    public int? MaxLength { get; init; }

    public bool Required { get; init; } = true;

    /// <summary>Needed with some choices and not shown with others: neither demanded by the browser nor called optional.</summary>
    public bool Depends { get; init; }

    public bool Autofocus { get; init; }

    public bool Mono { get; init; }

    public string? Placeholder { get; init; }

    public int Rows { get; init; } = 4;
}

/// <summary>Fields with their labels, hints and complaints. The first field with a complaint takes the focus.</summary>
internal static partial class Parts
{
    public static Markup Input(FormFields form, Field field) => Wrapped(form, field, Markup.Of(
        $"""<input id="f-{field.Name}" name="{field.Name}" type="{field.Type}"{(field.Type == "password" ? Markup.None : Markup.Of($" value=\"{form[field.Name]}\""))}{Attributes(form, field)}>"""));

    /// <summary>A text area begins with a line end of its own, since HTML drops the first one.</summary>
    public static Markup TextArea(FormFields form, Field field) => Wrapped(form, field, Markup.Of(
        $"""<textarea id="f-{field.Name}" name="{field.Name}" rows="{field.Rows}"{Attributes(form, field)}>{"\n"}{form[field.Name]}</textarea>"""));

    public static Markup Select(FormFields form, Field field, params IEnumerable<(string Value, string Label)> options) => Wrapped(form, field, Markup.Of(
        $"""<select id="f-{field.Name}" name="{field.Name}"{Attributes(form, field)}>{Markup.Join(options.Select(option => Markup.Of(
            $"<option value=\"{option.Value}\"{Markup.Flag("selected", form.Holds(field.Name, option.Value))}>{option.Label}</option>")))}</select>"""));

    /// <summary>One of a few, each with a line that says what it means.</summary>
    public static Markup Choices(FormFields form, string name, string legend, params IEnumerable<(string Value, string Label, string Hint)> options) => Markup.Of(
        $"""
        <fieldset class="choices" id="f-{name}"{Markup.Attribute("aria-describedby", form.ProblemOf(name) is null ? null : $"e-{name}")}><legend>{legend}</legend>{Markup.Join(options.Select(option => Markup.Of(
            $"<label class=\"choice\"><input type=\"radio\" name=\"{name}\" value=\"{option.Value}\"{Markup.Flag("checked", form.Holds(name, option.Value))}><span><b>{option.Label}</b><small>{option.Hint}</small></span></label>")))}{Complaint(form, name)}</fieldset>
        """);

    public static Markup Checkbox(FormFields form, string name, string label, string? hint = null) => Markup.Of(
        $"""<div class="field"><label class="choice"><input type="checkbox" id="f-{name}" name="{name}" value="true"{Markup.Flag("checked", form.Ticked(name))}><span><b>{label}</b>{(hint is null ? Markup.None : Markup.Of($"<small>{hint}</small>"))}</span></label>{Complaint(form, name)}</div>""");

    /// <summary>What is wrong with a field, beside it.</summary>
    public static Markup Complaint(FormFields form, string name) => form.ProblemOf(name) is not { } problem ? Markup.None : Markup.Of(
        $"""<p class="complaint" id="e-{name}">{problem}</p>""");

    private static Markup Wrapped(FormFields form, Field field, Markup control) => Markup.Of(
        $"""
        <div class="field"><label for="f-{field.Name}">{field.Label}{(field.Required || field.Depends ? Markup.None : Markup.Of($" <span class=\"sub\">optional</span>"))}</label>{(field.Hint is null ? Markup.None : Markup.Of($"<p class=\"hint\" id=\"h-{field.Name}\">{field.Hint}</p>"))}{control}{Complaint(form, field.Name)}</div>
        """);

    private static Markup Attributes(FormFields form, Field field)
    {
        var wrong = form.ProblemOf(field.Name) is not null;
        string[] described = [.. field.Hint is null ? [] : (string[])[$"h-{field.Name}"], .. wrong ? (string[])[$"e-{field.Name}"] : []];
        return Markup.Join(
        [
            Markup.Attribute("aria-describedby", described.Length == 0 ? null : string.Join(' ', described)), Markup.Attribute("aria-invalid", wrong ? "true" : null),
            Markup.Flag("required", field.Required && !field.Depends), Markup.Attribute("autocomplete", field.Autocomplete), Markup.Attribute("placeholder", field.Placeholder),
            Markup.Attribute("maxlength", field.MaxLength is { } max ? max.ToString(System.Globalization.CultureInfo.InvariantCulture) : null),
            Markup.Attribute("class", field.Mono ? "mono" : null), Markup.Attribute("spellcheck", field.Mono || field.Type is "email" or "password" ? "false" : null),
            Markup.Flag("autofocus", wrong || (field.Autofocus && !form.HasProblems)),
        ]);
    }
}
