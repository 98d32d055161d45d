using Microsoft.ML;
using Microsoft.ML.Data;

namespace Samples;

/// <summary>A customer of a telephone company, and whether they left.</summary>
internal sealed class Churn
{
    [LoadColumn(0)] public float Female { get; set; }
    [LoadColumn(1)] public float SeniorCitizen { get; set; }
    [LoadColumn(2)] public float Partner { get; set; }
    [LoadColumn(3)] public float Dependents { get; set; }
    [LoadColumn(4)] public float Tenure { get; set; }
    [LoadColumn(5)] public float PhoneService { get; set; }
    [LoadColumn(6)] public string MultipleLines { get; set; } = "";
    [LoadColumn(7)] public string InternetService { get; set; } = "";
    [LoadColumn(8)] public string OnlineSecurity { get; set; } = "";
    [LoadColumn(9)] public string OnlineBackup { get; set; } = "";
    [LoadColumn(10)] public string DeviceProtection { get; set; } = "";
    [LoadColumn(11)] public string TechSupport { get; set; } = "";
    [LoadColumn(12)] public string StreamingTv { get; set; } = "";
    [LoadColumn(13)] public string StreamingMovies { get; set; } = "";
    [LoadColumn(14)] public string Contract { get; set; } = "";
    [LoadColumn(15)] public float PaperlessBilling { get; set; }
    [LoadColumn(16)] public string PaymentMethod { get; set; } = "";
    [LoadColumn(17)] public float MonthlyCharges { get; set; }
    [LoadColumn(18)] public float TotalCharges { get; set; }
    [LoadColumn(19)] public bool Label { get; set; }

    public static string[] NumericColumns { get; } =
    [
        nameof(Female), nameof(SeniorCitizen), nameof(Partner), nameof(Dependents), nameof(Tenure),
        nameof(PhoneService), nameof(PaperlessBilling), nameof(MonthlyCharges), nameof(TotalCharges),
    ];

    public static string[] CategoricalColumns { get; } =
    [
        nameof(MultipleLines), nameof(InternetService), nameof(OnlineSecurity), nameof(OnlineBackup), nameof(DeviceProtection),
        nameof(TechSupport), nameof(StreamingTv), nameof(StreamingMovies), nameof(Contract), nameof(PaymentMethod),
    ];

    /// <summary>Reads the table that is copied beside the program. Without MissingRealsAsNaNs, ML.NET would read empty cells as 0.</summary>
    public static IDataView Load(MLContext ml) => ml.Data.LoadFromTextFile<Churn>(
        Path.Combine(AppContext.BaseDirectory, "telco_churn.csv"),
        new TextLoader.Options { Separators = [','], HasHeader = true, MissingRealsAsNaNs = true });
}
