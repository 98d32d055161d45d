namespace Quickstart;

/// <summary>What the command line asks for.</summary>
internal sealed class TourArguments
{
    public const string Usage = """
        Usage: dotnet run -c Release --project samples/Quickstart [-- OPTIONS]
          --quick                 fewer rows and epochs: under 40 seconds
          --data FILE             a CSV file of your own, with a header (default: the churn table that ships)
          --label COLUMN          the column to predict, needed with --data
          --positive VALUE        the value of a label of two values that is meant by "true" (default: yes, true or 1, else the rarer one)
          --predict number|class  what a label of whole numbers is (default: classes up to 20 different ones)
          --output FOLDER         where the report and the model go (default: artifacts/quickstart)
        """;

    public bool Quick { get; private set; }

    public string Data { get; private set; } = Path.Combine(AppContext.BaseDirectory, "telco_churn.csv");

    public string Label { get; private set; } = "churn";

    public string? Positive { get; private set; }

    public bool? PredictsNumber { get; private set; }

    public string Output { get; private set; } = Path.Combine("artifacts", "quickstart");

    /// <summary>Reads the command line.</summary>
    /// <exception cref="ArgumentException">It is not understood.</exception>
    public static TourArguments Parse(string[] args)
    {
        TourArguments arguments = new();
        var hasLabel = false;
        for (var i = 0; i < args.Length; i++)
        {
            string Value() => ++i < args.Length ? args[i] : throw new ArgumentException($"{args[i - 1]} needs a value.");
            switch (args[i])
            {
                case "--quick":
                    arguments.Quick = true;
                    break;
                case "--data":
                    arguments.Data = Value();
                    break;
                case "--label":
                    (arguments.Label, hasLabel) = (Value(), true);
                    break;
                case "--positive":
                    arguments.Positive = Value();
                    break;
                case "--predict":
                    arguments.PredictsNumber = Value() switch
                    {
                        "number" => true,
                        "class" => false,
                        var other => throw new ArgumentException($"--predict is '{other}'; expected number or class."),
                    };
                    break;
                case "--output":
                    arguments.Output = Value();
                    break;
                default:
                    throw new ArgumentException($"'{args[i]}' is no option.");
            }
        }
        if (args.Contains("--data") && !hasLabel)
            throw new ArgumentException("--data needs --label: which column is to be predicted?");
        return arguments;
    }
}
