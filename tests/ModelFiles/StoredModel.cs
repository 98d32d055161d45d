using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.SearchSpace;
using MLExtensions.Estimators.Scoring;
using MLExtensions.Estimators.Training;
using MLExtensions.Tests.Contract.Support;
using MLExtensions.Tests.Docs;

namespace MLExtensions.Tests.ModelFiles;

/// <summary>A model that a version of the pack saved: the file, rows, and what the model made of them; a folder <c>tests/ModelFiles/VERSION/COMPONENT</c>.</summary>
internal sealed class StoredModel(string folder)
{
    private const int TrainingRows = 140;
    private const int ScoredRows = 20;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly string Root = Path.Combine(MarkdownPage.Root, "tests", "ModelFiles");

    /// <summary>Every stored model, as <c>VERSION/COMPONENT</c>.</summary>
    public static IEnumerable<string> Names => Directory.EnumerateDirectories(Root).SelectMany(Directory.EnumerateDirectories).Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'));

    private string Model => Path.Combine(Root, folder, "model.zip");

    private string Rows => Path.Combine(Root, folder, "rows.idv");

    private string Scored => Path.Combine(Root, folder, "scored.json");

    /// <summary>Name of the folder of a component, in any version.</summary>
    public static string NameOf(ComponentCase component) => component.Name.Replace(" (", "-", StringComparison.Ordinal).Replace(", ", "-", StringComparison.Ordinal).Replace(")", "", StringComparison.Ordinal);

    /// <summary>Trains a component and keeps its model as one of this version; there must be none.</summary>
    public static void Add(ComponentCase component)
    {
        var version = typeof(ComponentModel).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+', '-')[0];
        StoredModel stored = new(Path.Combine(version, NameOf(component)));
        if (Directory.Exists(Path.Combine(Root, version, NameOf(component))))
            throw new InvalidOperationException($"{stored.Model} is there already.");
        Directory.CreateDirectory(Path.GetDirectoryName(stored.Model)!);
        MLContext ml = new(1);
        var training = component.Data(ml, TestRow.Create(TrainingRows));
        var fitted = component.Fit(ml, training, new CaseOptions { Seed = 1, Change = Small });
        var rows = ml.Data.TakeRows(training, ScoredRows);
        using (var file = File.Create(stored.Rows))
            ml.Data.SaveAsBinary(rows, file);
        ml.Model.Save(fitted, training.Schema, stored.Model);
        Content content = new(component.OptionsType is null ? null : Models.ModelOf(fitted).GetType().FullName, [.. Columns(fitted.Transform(rows), component.Outputs)]);
        File.WriteAllText(stored.Scored, JsonSerializer.Serialize(content, Indented) + "\n");
    }

    /// <summary>Fails unless stock ML.NET and this pack load the model and find what was found when it was saved.</summary>
    public void AssertLoads()
    {
        MLContext ml = new();
        var expected = JsonSerializer.Deserialize<Content>(File.ReadAllText(Scored))!;
        var rows = ml.Data.LoadFromBinary(Rows);
        var (file, names) = (File.ReadAllBytes(Model), expected.Columns.Select(column => column.Name).ToArray());
        var accelerated = Models.LoadAccelerated(file);
        foreach (var (form, model) in new[] { ("stock ML.NET", Models.LoadStock(file)), ("this pack", accelerated) })
        {
            foreach (var (want, got) in expected.Columns.Zip(Columns(model.Transform(rows), names)))
            {
                Assert.Equal($"{want.Name}: {want.Type}", $"{got.Name}: {got.Type}");
                Assert.True(Cells.Same(Plain(want.Values), got.Values, 1e-5), $"Loaded by {form}, {folder} finds another {want.Name}.");
            }
        }
        if (expected.Model is not null)
            Assert.Equal(expected.Model, Models.ModelOf(accelerated).GetType().FullName);
    }

    private static IEnumerable<Column> Columns(IDataView view, string[] names)
        => Snapshot.Of(view, names).Columns.OrderBy(column => Array.IndexOf(names, column.Name)).Select(column => new Column(column.Name, column.Type, [.. column.Values.Select(Number)]));

    // Whole numbers, which make models large, are the least that a sweep draws.
    private static ComponentOptions Small(ComponentOptions options)
    {
        foreach (var option in options.GetType().GetProperties())
        {
            if (option.GetCustomAttribute<RangeAttribute>(inherit: false)?.Min is int least && option.GetValue(options) is int value && least < value)
                option.SetValue(options, least);
        }
        return options;
    }

    // Numbers and keys as Single, as JSON gives them back.
    private static object? Number(object? value) => value switch
    {
        object?[] vector => vector.Select(Number).ToArray(),
        bool or string or null => value,
        IConvertible number => number.ToSingle(CultureInfo.InvariantCulture),
        _ => throw new NotSupportedException($"A stored model has columns of numbers, keys, truth values and texts, not {value.GetType()}."),
    };

    private static object?[] Plain(IEnumerable<object?> values) => [.. values.Select(value => Plain((JsonElement)value!))];

    private static object? Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().Select(Plain).ToArray(),
        JsonValueKind.Number => value.GetSingle(),
        JsonValueKind.True or JsonValueKind.False => value.GetBoolean(),
        _ => value.GetString(),
    };

    private sealed record Content(string? Model, Column[] Columns);

    private sealed record Column(string Name, string Type, object?[] Values);
}
