namespace MLExtensions.Transforms;

/// <summary>
/// Repeats the draws of FastTree's and FastForest's bags: a row is in a bag if the next random number is below the bag fraction. One pass over the rows is made and thrown
/// away before the first bag.
/// </summary>
internal sealed class BagReplay
{
    private readonly Random _random;
    private readonly double _fraction;
    private readonly int _rows;

    public BagReplay(int seed, double fraction, int rows)
    {
        (_random, _fraction, _rows) = (new Random(seed), fraction, rows);
        Next();
    }

    /// <summary>The next bag: 1 for the rows in it, 0 for the others.</summary>
    public byte[] Next()
    {
        var bag = new byte[_rows];
        for (var row = 0; row < bag.Length; row++)
            bag[row] = _random.NextDouble() < _fraction ? (byte)1 : (byte)0;
        return bag;
    }
}
