using Microsoft.ML;
using Microsoft.ML.Data;

namespace AuditLabels;

/// <summary>An image of a capital letter, as 16 numbers that describe it.</summary>
internal sealed class Letter
{
    [LoadColumn(0, 15), VectorType(16)] public float[] Features { get; set; } = [];
    [LoadColumn(16)] public string Name { get; set; } = "";
    [LoadColumn(16)] public string TrueName { get; set; } = "";

    /// <summary>The table with wrong names in some rows.</summary>
    /// <param name="ml">The context.</param>
    /// <param name="share">Share of the rows to give a wrong name.</param>
    /// <param name="seed">Seed of the choice.</param>
    public static Letter[] LoadWithErrors(MLContext ml, double share, int seed)
    {
        var path = Path.Combine(AppContext.BaseDirectory, "letter.csv");
        Letter[] rows = [.. ml.Data.CreateEnumerable<Letter>(ml.Data.LoadFromTextFile<Letter>(path, separatorChar: ',', hasHeader: true), reuseRowObject: false)];
        var random = new Random(seed);
        foreach (var row in rows)
        {
            if (random.NextDouble() < share)
                row.Name = OtherThan(row.TrueName[0], random);
        }
        return rows;
    }

    private static string OtherThan(char name, Random random)
    {
        var other = (char)('A' + random.Next(25));
        return (other >= name ? (char)(other + 1) : other).ToString();
    }
}
