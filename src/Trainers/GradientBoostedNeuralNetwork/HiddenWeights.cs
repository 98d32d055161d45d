using System.Buffers;
using MLExtensions.Estimators.Optimization;

namespace MLExtensions.Trainers;

/// <summary>The weights W of J hidden units, or the gradient by them, in the order of <see cref="FeatureRows"/>: J x dense columns, then sparse columns x J.</summary>
internal readonly struct HiddenWeights(FeatureRows rows, int units)
{
    private int DenseCount => units * rows.DenseColumns.Length;

    /// <summary>Brings W' of a block (unit by unit, in the order of the features) into this order.</summary>
    public void CopyFrom(ReadOnlySpan<double> source, Span<double> target)
    {
        for (var unit = 0; unit < units; unit++)
        {
            for (var j = 0; j < rows.DenseColumns.Length; j++)
                target[(unit * rows.DenseColumns.Length) + j] = source[(unit * rows.FeatureCount) + rows.DenseColumns[j]];
            for (var j = 0; j < rows.SparseColumns.Length; j++)
                target[DenseCount + (j * units) + unit] = source[(unit * rows.FeatureCount) + rows.SparseColumns[j]];
        }
    }

    /// <summary>The other way round.</summary>
    public void CopyTo(ReadOnlySpan<double> source, Span<double> target)
    {
        for (var unit = 0; unit < units; unit++)
        {
            for (var j = 0; j < rows.DenseColumns.Length; j++)
                target[(unit * rows.FeatureCount) + rows.DenseColumns[j]] = source[(unit * rows.DenseColumns.Length) + j];
            for (var j = 0; j < rows.SparseColumns.Length; j++)
                target[(unit * rows.FeatureCount) + rows.SparseColumns[j]] = source[DenseCount + (j * units) + unit];
        }
    }

    /// <summary>sums += W' X', J x tile.</summary>
    /// <param name="weights">The weights in this order.</param>
    /// <param name="tileRows">The rows of the tile.</param>
    /// <param name="tile">Their dense columns.</param>
    /// <param name="sums">What is added to.</param>
    public void AddProducts(ReadOnlySpan<double> weights, ReadOnlySpan<int> tileRows, ReadOnlySpan<float> tile, Span<double> sums)
    {
        TileProducts.AddProduct<float, SingleTile>(units, rows.DenseColumns.Length, weights, rows.DenseColumns.Length, 1, tile, sums);
        if (rows.SparseColumns.Length == 0)
            return;
        var sparse = weights[DenseCount..];
        if (units == 1)
        {
            AddListedOfOneUnit(sparse, tileRows, sums);
            return;
        }
        var scratch = ArrayPool<double>.Shared.Rent(units);
        var products = scratch.AsSpan(0, units);
        for (var i = 0; i < tileRows.Length; i++)
        {
            var listed = rows.Listed(tileRows[i]);
            products.Clear();
            for (var k = 0; k < listed.Values.Length; k++)
                VectorMath.AddScaled(products, sparse.Slice(listed.Positions[k] * units, units), listed.Values[k]);
            for (var unit = 0; unit < products.Length; unit++)
                sums[(unit * TileProducts.Rows) + i] += products[unit];
        }
        ArrayPool<double>.Shared.Return(scratch);
    }

    /// <summary>gradient += D X, with D the derivatives by the weighted sums, J x tile.</summary>
    public void AddGradient(ReadOnlySpan<double> derivatives, ReadOnlySpan<int> tileRows, ReadOnlySpan<float> tile, Span<double> gradient)
    {
        TileProducts.AddProductWithTransposed<float, SingleTile>(units, rows.DenseColumns.Length, derivatives, tile, gradient);
        if (rows.SparseColumns.Length == 0)
            return;
        var sparse = gradient[DenseCount..];
        if (units == 1)
        {
            AddListedGradientOfOneUnit(derivatives, tileRows, sparse);
            return;
        }
        var scratch = ArrayPool<double>.Shared.Rent(units);
        var ofRow = scratch.AsSpan(0, units);
        for (var i = 0; i < tileRows.Length; i++)
        {
            var listed = rows.Listed(tileRows[i]);
            for (var unit = 0; unit < ofRow.Length; unit++)
                ofRow[unit] = derivatives[(unit * TileProducts.Rows) + i];
            for (var k = 0; k < listed.Values.Length; k++)
                VectorMath.AddScaled(sparse.Slice(listed.Positions[k] * units, units), ofRow, listed.Values[k]);
        }
        ArrayPool<double>.Shared.Return(scratch);
    }

    private void AddListedOfOneUnit(ReadOnlySpan<double> weights, ReadOnlySpan<int> tileRows, Span<double> sums)
    {
        for (var i = 0; i < tileRows.Length; i++)
        {
            var listed = rows.Listed(tileRows[i]);
            var sum = 0.0;
            for (var k = 0; k < listed.Values.Length; k++)
                sum += listed.Values[k] * weights[listed.Positions[k]];
            sums[i] += sum;
        }
    }

    private void AddListedGradientOfOneUnit(ReadOnlySpan<double> derivatives, ReadOnlySpan<int> tileRows, Span<double> gradient)
    {
        for (var i = 0; i < tileRows.Length; i++)
        {
            var listed = rows.Listed(tileRows[i]);
            for (var k = 0; k < listed.Values.Length; k++)
                gradient[listed.Positions[k]] += derivatives[i] * listed.Values[k];
        }
    }
}
