using System.Globalization;

namespace LabelIssues;

/// <summary>A customer whose label is doubtful, as far as the table shows it.</summary>
internal sealed class Suspect
{
    public long Row { get; set; }

    public bool Label { get; set; }

    public bool SuggestedLabel { get; set; }

    public float SuggestedLabelProbability { get; set; }

    public float Difficulty { get; set; }

    public float DifficultyStd { get; set; }

    public float Tenure { get; set; }

    public string Contract { get; set; } = "";

    public string InternetService { get; set; } = "";

    public string PaymentMethod { get; set; } = "";

    public float MonthlyCharges { get; set; }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"""
          row {Row}: {Word(Label)}, suggested {Word(SuggestedLabel)} ({SuggestedLabelProbability:P1}), difficulty {Difficulty:F2} (deviation {DifficultyStd:F3})
            {Tenure} months, contract {Contract}, internet {InternetService}, {MonthlyCharges:F2} a month by {PaymentMethod}
        """);

    private static string Word(bool churned) => churned ? "left" : "stayed";
}
