using Microsoft.ML;
using MLExtensions.Transforms;

namespace MLExtensions.Tests.Contract.Support;

/// <summary>The smoothing transform of a small model of ML.NET, trained on the contract's own rows.</summary>
internal static class SmoothingCases
{
    public static TreeSmoothingEstimator Create(MLContext ml, CaseOptions options, bool isForest, TreeSmoothingOptions smoothing)
    {
        var data = CaseData.View(ml, null, TestRow.Create());
        if (options.Features != "Features")
            data = data.Then(ml.Transforms.CopyColumns(options.Features, "Features"));
        IEstimator<ITransformer> trainer = isForest
            ? ml.Regression.Trainers.FastForest(featureColumnName: options.Features, numberOfTrees: 8, numberOfLeaves: 6)
            : ml.Regression.Trainers.FastTree(featureColumnName: options.Features, numberOfTrees: 8, numberOfLeaves: 6);
        return ml.Transforms.TreeSmoothing(trainer.Fit(data), data, smoothing);
    }
}
