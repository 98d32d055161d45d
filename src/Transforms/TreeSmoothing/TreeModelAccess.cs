using System.Runtime.CompilerServices;
using Microsoft.ML.Trainers.FastTree;

namespace MLExtensions.Transforms;

/// <summary>
/// The only place that reads non-public members of ML.NET's tree models, each with a test of its own, so that a new version of ML.NET that moves one of them fails there
/// first.
/// </summary>
internal static class TreeModelAccess
{
    private const string Ensemble = "Microsoft.ML.Trainers.FastTree.InternalTreeEnsemble, Microsoft.ML.FastTree";
    private const string Tree = "Microsoft.ML.Trainers.FastTree.InternalRegressionTree, Microsoft.ML.FastTree";

    /// <summary>The trainer's settings as text, which a saved model carries too; <see langword="null"/> where there are none.</summary>
    public static string? TrainerSettingsOf(TreeEnsembleModelParameters model) => GetInnerOptions(model);

    /// <summary>What a missing value counts as at each node of a tree; <see langword="null"/> for no defaults.</summary>
    public static float[]? DefaultsOf(TreeEnsembleModelParameters model, int tree) => GetDefaultValueForMissing(GetTreeAt(GetTrainedEnsemble(model), tree));

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "InnerOptions")]
    private static extern ref string? GetInnerOptions(TreeEnsembleModelParameters model);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_TrainedEnsemble")]
    [return: UnsafeAccessorType(Ensemble)]
    private static extern object GetTrainedEnsemble(TreeEnsembleModelParameters model);

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "GetTreeAt")]
    [return: UnsafeAccessorType(Tree)]
    private static extern object GetTreeAt([UnsafeAccessorType(Ensemble)] object ensemble, int index);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "DefaultValueForMissing")]
    private static extern ref float[]? GetDefaultValueForMissing([UnsafeAccessorType(Tree)] object tree);
}
