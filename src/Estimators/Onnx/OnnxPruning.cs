using Google.Protobuf.Collections;
using MLExtensions.Estimators.Onnx.Protobuf;

namespace MLExtensions.Estimators.Onnx;

/// <summary>Removes from a graph what its outputs do not need. Inputs stay; so do the slot names of the outputs.</summary>
internal static class OnnxPruning
{
    public static void Prune(GraphProto graph)
    {
        var producers = new Dictionary<string, NodeProto>();
        foreach (var node in graph.Node)
        {
            foreach (var output in node.Output)
                producers[output] = node;
        }
        var slotNames = graph.Output.Select(o => OnnxSlotNames.NodeName(o.Name)).ToHashSet();
        var keptNodes = new HashSet<NodeProto>(ReferenceEqualityComparer.Instance); // messages compare by value, slowly
        var needed = new HashSet<string>();
        var pending = new Stack<string>(graph.Output.Select(o => o.Name));
        foreach (var output in graph.Node.Where(n => slotNames.Contains(n.Name)).SelectMany(n => n.Output))
            pending.Push(output);
        while (pending.TryPop(out var name))
        {
            if (!needed.Add(name) || !producers.TryGetValue(name, out var node) || !keptNodes.Add(node))
                continue;
            foreach (var read in Reads(node))
                pending.Push(read);
        }

        Keep(graph.Node, keptNodes.Contains);
        // Before IR version 4 every initializer was also listed as an input; without its value it would become one to feed.
        var dropped = graph.Initializer.Select(t => t.Name).Where(name => !needed.Contains(name)).ToHashSet();
        Keep(graph.Initializer, t => needed.Contains(t.Name));
        Keep(graph.Input, v => !dropped.Contains(v.Name));
        Keep(graph.ValueInfo, v => needed.Contains(v.Name));
    }

    /// <summary>Everything that a node reads, captures of its branches included.</summary>
    private static IEnumerable<string> Reads(NodeProto node)
        // Names are unique across nested graphs, so a branch's own names, which are among these, do no harm.
        => node.Input.Concat(SubGraphs(node).SelectMany(g => g.Output.Select(o => o.Name).Concat(g.Node.SelectMany(Reads))));

    public static IEnumerable<GraphProto> SubGraphs(NodeProto node)
        => node.Attribute.SelectMany(a => a.G is null ? a.Graphs : a.Graphs.Append(a.G));

    private static void Keep<T>(RepeatedField<T> items, Func<T, bool> predicate)
    {
        T[] kept = [.. items.Where(predicate)];
        items.Clear();
        items.AddRange(kept);
    }
}
