using MLExtensions.Estimators.Torch;
using static TorchSharp.torch;

namespace MLExtensions.Transforms;

/// <summary>
/// How well a linear model of the tokens predicts the label of rows that it was not fitted to: ridge regression in closed form, on classes as indicators. Its tensors live as long as the dispose scope it was made in.
/// </summary>
internal sealed class LinearProbe
{
    private const long MostRows = 4000;
    private const double HeldOutShare = 0.2;
    private const double Ridge = 1;

    private readonly Batch _rows;
    private readonly Tensor _targets;
    private readonly long _heldOut;
    private readonly bool _classifies;

    /// <summary>Draws the rows.</summary>
    /// <param name="labelled">The labelled rows.</param>
    /// <param name="classes">Number of classes; 0 for a regression.</param>
    /// <param name="random">Draws the rows.</param>
    public LinearProbe(TrainingTable labelled, int classes, Generator random)
    {
        var device = labelled.Features.device;
        var order = randperm(labelled.Count, ScalarType.Int64, device: CPU, generator: random);
        _rows = labelled.Gather(order.narrow(0, 0, Math.Min(MostRows, labelled.Count)).to(device));
        _heldOut = Math.Max(1, (long)(HeldOutShare * _rows.Count));
        _classifies = classes > 0;
        _targets = (_classifies ? nn.functional.one_hot(_rows.Labels!, classes) : _rows.Labels!.unsqueeze(1)).to(ScalarType.Float64);
    }

    /// <summary>Fewest labelled rows that can be probed.</summary>
    public static long FewestRows => 10;

    /// <summary>The accuracy, or R squared of a regression, on the rows that are held out.</summary>
    /// <param name="encode">Gives the features of rows, [n, d].</param>
    public double Score(Func<Batch, Tensor> encode)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var all = encode(_rows).to(ScalarType.Float64);
        var fitted = all.narrow(0, _heldOut, all.shape[0] - _heldOut);
        var (means, deviations) = (fitted.mean([0]), fitted.std(0, unbiased: false).AtLeast(1e-9));
        var x = all.sub(means).div(deviations);
        var (train, test) = (x.narrow(0, _heldOut, x.shape[0] - _heldOut), x.narrow(0, 0, _heldOut));
        var trainTargets = _targets.narrow(0, _heldOut, train.shape[0]);
        var offset = trainTargets.mean([0]);
        // The smaller of two systems: tokens of wide tables are more numbers than there are rows.
        var weights = Weights(train, trainTargets.sub(offset), byRows: train.shape[1] > train.shape[0]);
        var predictions = test.matmul(weights).Plus(offset);
        var testTargets = _targets.narrow(0, 0, _heldOut);
        if (_classifies)
            return predictions.argmax(1).eq(testTargets.argmax(1)).to(ScalarType.Float64).mean().item<double>();
        var (errors, spread) = (predictions.sub(testTargets), testTargets.sub(testTargets.mean()));
        return 1 - ((errors * errors).sum().item<double>() / Math.Max(double.Epsilon, (spread * spread).sum().item<double>()));
    }

    /// <summary>The weights of a ridge regression without an offset, [d, targets].</summary>
    /// <param name="x">The features, [n, d].</param>
    /// <param name="y">The targets, [n, targets].</param>
    /// <param name="byRows">Whether to solve for the n rows rather than the d weights: the same weights, by the other system.</param>
    internal static Tensor Weights(Tensor x, Tensor y, bool byRows)
        => byRows ? x.t().matmul(Solve(x.matmul(x.t()), y)) : Solve(x.t().matmul(x), x.t().matmul(y));

    private static Tensor Solve(Tensor products, Tensor right)
        => linalg.solve(products.Plus(eye(products.shape[0], dtype: ScalarType.Float64, device: products.device).Times(Ridge)), right);
}
