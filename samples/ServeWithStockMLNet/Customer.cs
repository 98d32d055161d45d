using Microsoft.ML.Data;

namespace ServeWithStockMLNet;

/// <summary>The columns that the model reads, by their names in the table; the defaults are a new customer with fibre and no extras.</summary>
internal sealed class Customer
{
    public string Name { get; set; } = "";
    [ColumnName("female")] public float Female { get; set; }
    [ColumnName("senior_citizen")] public float SeniorCitizen { get; set; }
    [ColumnName("partner")] public float Partner { get; set; }
    [ColumnName("dependents")] public float Dependents { get; set; }
    [ColumnName("tenure")] public float Tenure { get; set; }
    [ColumnName("phone_service")] public float PhoneService { get; set; } = 1;
    [ColumnName("multiple_lines")] public string MultipleLines { get; set; } = "No";
    [ColumnName("internet_service")] public string InternetService { get; set; } = "Fiber optic";
    [ColumnName("online_security")] public string OnlineSecurity { get; set; } = "No";
    [ColumnName("online_backup")] public string OnlineBackup { get; set; } = "No";
    [ColumnName("device_protection")] public string DeviceProtection { get; set; } = "No";
    [ColumnName("tech_support")] public string TechSupport { get; set; } = "No";
    [ColumnName("streaming_tv")] public string StreamingTv { get; set; } = "No";
    [ColumnName("streaming_movies")] public string StreamingMovies { get; set; } = "No";
    [ColumnName("contract")] public string Contract { get; set; } = "Month-to-month";
    [ColumnName("paperless_billing")] public float PaperlessBilling { get; set; } = 1;
    [ColumnName("payment_method")] public string PaymentMethod { get; set; } = "Electronic check";
    [ColumnName("monthly_charges")] public float MonthlyCharges { get; set; }
    [ColumnName("total_charges")] public float TotalCharges { get; set; }
}

/// <summary>What the model adds: the usual columns of a binary classifier.</summary>
internal sealed class Prediction
{
    public bool PredictedLabel { get; set; }
    public float Probability { get; set; }
    public float Score { get; set; }
}
