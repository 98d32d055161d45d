using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using MLExtensions.Tests.Docs;

namespace MLExtensions.Tests.Samples;

/// <summary>
/// <c>samples/AutoMLSweep</c> is outside the solution, because Microsoft.ML.AutoML cannot be restored here. It compiles against the signatures that it uses of AutoML's public source
/// (dotnet/machinelearning), so that a change of this pack's API is noticed.
/// </summary>
public sealed class AutoMLSweepTests
{
    private const string Signatures = """
        #nullable enable
        namespace Microsoft.ML.SearchSpace
        {
            public class SearchSpace { }
            public sealed class SearchSpace<T> : SearchSpace where T : class, new()
            {
                public SearchSpace() { }
                public SearchSpace(T defaultOption) { }
            }
            public sealed class Parameter { }
        }
        namespace Microsoft.ML.AutoML
        {
            using Microsoft.ML.SearchSpace;
            public interface ISweepable<out T> { }
            public class SweepableEstimator : ISweepable<IEstimator<ITransformer>> { }
            public class SweepablePipeline { }
            public static class MLContextExtension
            {
                public static AutoCatalog Auto(this MLContext mlContext) => throw null!;
            }
            public sealed class AutoCatalog
            {
                public SweepableEstimator CreateSweepableEstimator<T>(Func<MLContext, T, IEstimator<ITransformer>> factory, SearchSpace<T>? ss = null) where T : class, new() => throw null!;
                public AutoMLExperiment CreateExperiment(AutoMLExperiment.AutoMLExperimentSettings? settings = null) => throw null!;
                public SweepableEstimator[] BinaryClassification(
                    string labelColumnName = "Label", string featureColumnName = "Features", string? exampleWeightColumnName = null, bool useFastForest = true, bool useLgbm = true,
                    bool useFastTree = true, bool useLbfgs = true, bool useSdca = true) => throw null!;
            }
            public static class SweepableExtension
            {
                public static SweepablePipeline Append(this IEstimator<ITransformer> estimator, SweepableEstimator estimator1) => throw null!;
                public static SweepablePipeline Append(this IEstimator<ITransformer> estimator, params SweepableEstimator[] estimators) => throw null!;
            }
            public class AutoMLExperiment
            {
                public class AutoMLExperimentSettings { }
                public AutoMLExperiment SetTrainingTimeInSeconds(uint trainingTimeInSeconds) => throw null!;
                public System.Threading.Tasks.Task<TrialResult> RunAsync(System.Threading.CancellationToken ct = default) => throw null!;
            }
            public static class AutoMLExperimentExtension
            {
                public static AutoMLExperiment SetDataset(this AutoMLExperiment experiment, IDataView train, IDataView validation) => throw null!;
                public static AutoMLExperiment SetDataset(this AutoMLExperiment experiment, IDataView dataset, int fold = 10) => throw null!;
                public static AutoMLExperiment SetBinaryClassificationMetric(
                    this AutoMLExperiment experiment, BinaryClassificationMetric metric, string labelColumn = "label", string predictedColumn = "PredictedLabel") => throw null!;
                public static AutoMLExperiment SetPipeline(this AutoMLExperiment experiment, SweepablePipeline pipeline) => throw null!;
            }
            public enum BinaryClassificationMetric { Accuracy, AreaUnderRocCurve }
            public class TrialResult
            {
                public TrialSettings TrialSettings { get; set; } = null!;
                public ITransformer Model { get; set; } = null!;
                public double Metric { get; set; }
            }
            public class TrialSettings
            {
                public Parameter Parameter { get; set; } = null!;
            }
        }
        """;

    [Fact]
    public void Sample_compiles_against_the_signatures_of_AutoML()
    {
        var usings = "global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;";
        var samples = Path.Combine(MarkdownPage.Root, "samples");
        var compilation = CSharpCompilation.Create(
            "AutoMLSweep",
            [
                CSharpSyntaxTree.ParseText(usings), CSharpSyntaxTree.ParseText(Signatures), Parse(samples, "data", "Churn.cs"),
                .. Directory.EnumerateFiles(Path.Combine(samples, "AutoMLSweep"), "*.cs").Select(file => Parse(file)),
            ],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path => MetadataReference.CreateFromFile(path)),
            new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable));
        Assert.Equal("", string.Join(Environment.NewLine, compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error)));
    }

    private static SyntaxTree Parse(params string[] path) => CSharpSyntaxTree.ParseText(File.ReadAllText(Path.Combine(path)), path: path[^1]);
}
