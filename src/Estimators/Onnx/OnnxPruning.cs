using Google.Protobuf.Collections;
using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>Removes from a graph what its outputs do not need. Inputs stay; so do the slot names of the outputs.</summary>
internal static class OnnxPruning
{
    public static void Prune(GraphProto graph)
    {
        var needed = graph.Output.Select(o => o.Name).ToHashSet();
        var slotNames = graph.Output.Select(o => OnnxSlotNames.NodeName(o.Name)).ToHashSet();
        var kept = new List<NodeProto>();
        // Nodes are sorted topologically, so one walk from the back sees every reader of a value before its producer.
        foreach (var node in graph.Node.Reverse())
        {
            if (!slotNames.Contains(node.Name) && !node.Output.Any(needed.Contains))
                continue;
            kept.Add(node);
            needed.UnionWith(node.Output);
            AddReads(node, needed);
        }
        kept.Reverse();
        graph.Node.Clear();
        graph.Node.AddRange(kept);

        // Before IR version 4 every initializer was also listed as an input; without its value it would become one to feed.
        var dropped = graph.Initializer.Select(t => t.Name).Where(name => !needed.Contains(name)).ToHashSet();
        Keep(graph.Initializer, t => needed.Contains(t.Name));
        Keep(graph.Input, v => !dropped.Contains(v.Name));
        Keep(graph.ValueInfo, v => needed.Contains(v.Name));
    }

    private static void AddReads(NodeProto node, HashSet<string> names)
    {
        names.UnionWith(node.Input);
        foreach (var graph in SubGraphs(node))
        {
            // Names are unique across nested graphs: adding a branch's own names does no harm, its captured ones matter.
            names.UnionWith(graph.Output.Select(o => o.Name));
            foreach (var inner in graph.Node)
                AddReads(inner, names);
        }
    }

    public static IEnumerable<GraphProto> SubGraphs(NodeProto node)
        => node.Attribute.SelectMany(a => a.G is null ? a.Graphs : a.Graphs.Append(a.G));

    private static void Keep<T>(RepeatedField<T> items, Func<T, bool> predicate)
    {
        T[] kept = [.. items.Where(predicate)];
        items.Clear();
        items.AddRange(kept);
    }
}
