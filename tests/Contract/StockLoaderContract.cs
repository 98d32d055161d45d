using System.Reflection;
using System.Text.Json;
using Microsoft.ML;
using MLExtensions.Tests.Contract.Support;

namespace MLExtensions.Tests.Contract;

/// <summary>A saved pipeline gives the same columns in a process that has stock ML.NET only.</summary>
public sealed class StockLoaderContract
{
    private sealed record ScoredColumn(string Name, string Type, string Annotations, string[] Values);

    private static string Program { get; } = typeof(StockLoaderContract).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
        .Single(metadata => metadata.Key == "StockLoader").Value!;

    [Fact]
    public void The_stock_program_has_nothing_of_this_pack()
    {
        var files = Directory.GetFiles(Path.GetDirectoryName(Program)!, "*.dll", SearchOption.AllDirectories).Select(Path.GetFileName).ToArray();
        Assert.Contains("Microsoft.ML.OnnxTransformer.dll", files);
        Assert.DoesNotContain("TorchSharp.dll", files);
        Assert.Equal(["MLExtensions.StockLoader.dll"], files.Where(file => file!.StartsWith("MLExtensions.", StringComparison.Ordinal)));
    }

    [Theory, Components]
    public async Task A_process_with_stock_ML_NET_scores_a_saved_pipeline(ComponentCase component)
    {
        var ml = new MLContext(1);
        var raw = ml.Data.TakeRows(component.Data(ml), 60);
        var pipeline = ml.Transforms.NormalizeMeanVariance("Features").Append(component.Create(ml));
        var folder = Directory.CreateTempSubdirectory("mlextensions-");
        try
        {
            string model = Path.Combine(folder.FullName, "model.zip"), rows = Path.Combine(folder.FullName, "rows.idv"), output = Path.Combine(folder.FullName, "scored.json");
            var fitted = pipeline.Fit(raw);
            ml.Model.Save(fitted, raw.Schema, model);
            using (var file = File.Create(rows))
                ml.Data.SaveAsBinary(raw, file);

            await Run(model, rows, output);

            var scored = JsonSerializer.Deserialize<ScoredColumn[]>(File.ReadAllText(output))!;
            // What stock ML.NET computes in this process; the other contracts compare it with the batched form.
            var expected = Snapshot.Of(new MLContext().Model.Load(model, out _).Transform(raw));
            Assert.Equal(expected.Columns.Select(column => $"{column.Name}: {column.Type} {column.Annotations}"), scored.Select(column => $"{column.Name}: {column.Type} {column.Annotations}"));
            foreach (var (want, got) in expected.Columns.Zip(scored))
                Assert.Equal(want.Values.Select(Cells.Text), got.Values);
            Snapshot.AssertSame(Snapshot.Of(fitted.Transform(raw)), expected);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task Run(params string[] arguments)
    {
        var (exitCode, output, errors) = await ChildProcess.Run(Program, arguments);
        Assert.True(exitCode == 0, $"The program failed with {exitCode}: {errors} {output}");
    }
}
