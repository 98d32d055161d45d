namespace ServeWithStockMLNet;

/// <summary>The columns that the model reads; the defaults are a new customer with fibre and no extras.</summary>
internal sealed class Customer
{
    public string Name { get; set; } = "";
    public float Female { get; set; }
    public float SeniorCitizen { get; set; }
    public float Partner { get; set; }
    public float Dependents { get; set; }
    public float Tenure { get; set; }
    public float PhoneService { get; set; } = 1;
    public string MultipleLines { get; set; } = "No";
    public string InternetService { get; set; } = "Fiber optic";
    public string OnlineSecurity { get; set; } = "No";
    public string OnlineBackup { get; set; } = "No";
    public string DeviceProtection { get; set; } = "No";
    public string TechSupport { get; set; } = "No";
    public string StreamingTv { get; set; } = "No";
    public string StreamingMovies { get; set; } = "No";
    public string Contract { get; set; } = "Month-to-month";
    public float PaperlessBilling { get; set; } = 1;
    public string PaymentMethod { get; set; } = "Electronic check";
    public float MonthlyCharges { get; set; }
    public float TotalCharges { get; set; }
}

/// <summary>What the model adds: the usual columns of a binary classifier.</summary>
internal sealed class Prediction
{
    public bool PredictedLabel { get; set; }
    public float Probability { get; set; }
    public float Score { get; set; }
}
