"""Measures of a network in the program's decisions, compared with networkx and with reach counted out by hand.

    networks.py PARQUET NODES TIES --key person --ends a b [--weight w] [--directed]
    networks.py PARQUET NODES TIES ... --owner customer --ours ours [--influence i --role r --roles x y --steps n --decay d]

PARQUET is a file or a folder of decisions, NODES and TIES are the CSV files that the program read. Without `--owner` the customers of the
decisions are the people, and every column that bears the name of a measure is compared. With it they are what people belong to: columns are
named after the measures of customers, and `steps_sum`, `gain_sum`, `loss_sum` and `unreached` may sum up those of their people. A measure
of which there is no single right value, as the eigenvector of two equal parts, is left out and named.

Strengths are read as fractions, so that two ways of equal length are equal in whatever order their ties are added up.
"""

import argparse
import csv
import math
import sys
from collections import Counter
from fractions import Fraction
from pathlib import Path

import networkx
import numpy
import polars

TOLERANCE = 1e-9


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def network(names, ties, ends, weight, directed):
    """The network, without ties to nobody or to oneself; the strengths of repeated ties are added."""
    graph = networkx.DiGraph() if directed else networkx.Graph()
    graph.add_nodes_from(names)
    known = set(names)
    for tie in ties:
        one, other = (tie[end] for end in ends)
        if one == other or one not in known or other not in known:
            continue
        before = graph[one][other]["strength"] if weight and graph.has_edge(one, other) else 0
        graph.add_edge(one, other, strength=before + Fraction(tie[weight]) if weight else 1)
    for _, _, tie in graph.edges(data=True):
        tie["length"], tie["weight"] = 1 / Fraction(tie["strength"]), float(tie["strength"])
    return graph


def both_ways(graph):
    """The undirected network in which two people have the strengths of both directions."""
    joined = networkx.Graph()
    joined.add_nodes_from(graph)
    for one, other, tie in graph.edges(data=True):
        before = joined[one][other]["weight"] if joined.has_edge(one, other) else 0.0
        joined.add_edge(one, other, weight=before + tie["weight"])
    return joined


def people(graph, weighted):
    """Every measure of people, by name and person; None for a measure that has no single right value."""
    length = "length" if weighted else None
    directed = graph.is_directed()
    holes = [node for node in graph if networkx.degree(graph, node)]
    joined = both_ways(graph) if directed else graph
    parts = networkx.weakly_connected_components(graph) if directed else networkx.connected_components(graph)
    order = {node: at for at, node in enumerate(graph)}
    ordered = sorted(parts, key=lambda part: min(order[node] for node in part))
    return {
        "degree": dict(graph.degree()),
        "in_degree": dict(graph.in_degree() if directed else graph.degree()),
        "out_degree": dict(graph.out_degree() if directed else graph.degree()),
        "strength": dict(graph.degree(weight="weight")),
        "pagerank": networkx.pagerank(graph, tol=1e-13 / len(graph), max_iter=10_000, weight="weight"),
        "eigenvector": eigenvector(graph),
        "betweenness": networkx.betweenness_centrality(graph, weight=length),
        "closeness": networkx.closeness_centrality(graph, distance=length),
        "harmonic": networkx.harmonic_centrality(graph, distance=length),
        # Named nodes of the joined network: for all nodes networkx 3.6 divides by the largest strength of the wrong one, and for
        # a named node without outgoing ties it has no constraint.
        "constraint": networkx.constraint(joined, nodes=holes, weight="weight") if holes else {},
        "effective_size": networkx.effective_size(joined, nodes=holes, weight="weight") if holes else {},
        "clustering": networkx.clustering(networkx.Graph(graph)),
        "component": {node: at for at, part in enumerate(ordered) for node in part},
    }


def eigenvector(graph):
    """The first eigenvector of incoming ties by a dense solver, nothing where no ties form a circle."""
    if not graph.number_of_edges() or (graph.is_directed() and networkx.is_directed_acyclic_graph(graph)):
        return {}
    matrix = networkx.to_numpy_array(graph, weight="weight").T
    values, vectors = numpy.linalg.eig(matrix) if graph.is_directed() else numpy.linalg.eigh(matrix)
    order = numpy.argsort(-values.real)
    if len(order) > 1 and values[order[0]].real - values[order[1]].real < 1e-3:
        return None
    vector = numpy.abs(vectors[:, order[0]].real)
    return dict(zip(graph, vector / numpy.linalg.norm(vector)))


class Reach:
    """Whom our own people get to, counted out anew for every person taken away and for every tie added."""

    def __init__(self, graph, nodes, customers, options):
        self.graph, self.steps, self.decay, self.roles = graph, options.steps, options.decay, options.roles
        self.ours = [row[options.key] for row in nodes if row[options.ours] == "true"]
        own = set(self.ours)
        self.members = {customer: [] for customer in customers}
        for row in nodes:
            if row[options.owner] in self.members and row[options.key] not in own:
                self.members[row[options.owner]].append(row[options.key])
        number = lambda text: float(text) if text else 0.0
        self.influence = {r[options.key]: number(r[options.influence]) if options.influence else 1.0 for r in nodes}
        self.role = {r[options.key]: r[options.role] if options.role else "" for r in nodes}

    def found(self, graph, ours):
        return networkx.multi_source_dijkstra_path_length(graph, set(ours), cutoff=self.steps, weight=None) if ours else {}

    def held(self, customer, steps):
        """The influence reached, less what each further tie takes of it."""
        counts = lambda person: self.decay ** max(steps[person] - 1, 0) if person in steps else 0.0
        return math.fsum(self.influence[person] * counts(person) for person in self.members[customer])

    def without(self, person):
        graph = self.graph.copy()
        graph.remove_node(person)
        return self.found(graph, [own for own in self.ours if own != person])

    def gained(self, person):
        """Steps with one more tie, from somebody of ours; all of ours are alike, and new ways lead on from the person."""
        graph = self.graph.copy()
        if not self.ours:
            graph.add_node(" new")
        graph.add_edge(self.ours[0] if self.ours else " new", person)
        return self.found(graph, self.ours or [" new"])

    def expected(self):
        steps, lost = self.found(self.graph, self.ours), {person: self.without(person) for person in self.graph}
        return {customer: self.customer(customer, steps, lost) for customer in self.members}

    def customer(self, customer, steps, lost):
        members = self.members[customer]
        total, held = math.fsum(self.influence[p] for p in members), self.held(customer, steps)
        loss = {p: held - self.held(customer, lost[p]) for p in members + self.ours}
        gain = {p: (self.held(customer, self.gained(p)) - held) / total for p in members if p not in steps} if total else {}
        makers = [p for p in members if self.influence[p] > 0]
        seen = {self.role[p] for p in members if p in steps}
        row = {
            "reach": held / total if total else None,
            "coverage": sum(role in seen for role in self.roles) / len(self.roles) if self.roles and members else None,
            "missing_roles": ", ".join(role for role in self.roles if role not in seen) if members else None,
            "people": len(members),
            "decision_makers": len(makers),
            "decision_makers_reached": sum(p in steps for p in makers),
            "next_gain": max(gain.values(), default=None),
            "next_person": (gain, max(gain.values(), default=None)),
            "steps_sum": sum(steps.get(p, 0) for p in members),
            "unreached": sum(p not in steps for p in members),
            "gain_sum": math.fsum(gain.values()),
            "loss_sum": math.fsum(loss[p] / total for p in members) if total else 0.0,
        }
        for name, among in [("risk", members + self.ours), ("contact_risk", members), ("own_risk", self.ours)]:
            worst = max((loss[p] for p in among), default=0.0)
            row[name] = (max(worst, 0.0) / held) if held > 0 else None
            row[name + "_person"] = ({p: loss[p] for p in among}, worst if held > 0 and worst > 1e-12 else None)
        return row


def agrees(found, wanted):
    """Whether a value is what it should be; of people, any of those who are worst or best will do."""
    if isinstance(wanted, tuple):
        choice, best = wanted
        return found is None if best is None else found is not None and abs(choice[found] - best) <= TOLERANCE
    if wanted is None or found is None or isinstance(wanted, str):
        return found == wanted
    return abs(found - wanted) <= TOLERANCE * max(1.0, abs(wanted))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("parquet", "nodes", "ties"):
        parser.add_argument(name)
    parser.add_argument("--key", required=True)
    parser.add_argument("--ends", nargs=2, required=True)
    for name in ("weight", "owner", "ours", "influence", "role"):
        parser.add_argument("--" + name)
    parser.add_argument("--customer", default="id")
    parser.add_argument("--directed", action="store_true")
    parser.add_argument("--roles", nargs="*", default=[])
    parser.add_argument("--steps", type=int, default=2)
    parser.add_argument("--decay", type=float, default=1.0)
    options = parser.parse_args()
    nodes = read(options.nodes)
    graph = network([row[options.key] for row in nodes], read(options.ties), options.ends, options.weight, options.directed)
    path = Path(options.parquet)
    table = polars.read_parquet(path / "**/*.parquet" if path.is_dir() else path)
    if options.owner:
        key = options.customer
        rows = Reach(graph, nodes, [str(name) for name in table[key]], options).expected()
        measures = {name: {c: row[name] for c, row in rows.items()} for name in next(iter(rows.values()))}
    else:
        key, measures = options.key, people(graph, bool(options.weight))
    found = {str(row[key]): row for row in table.to_dicts()}
    done, wrong = Counter(), []
    for name in [name for name in measures if name in table.columns]:
        if measures[name] is None:
            print(f"{name}: no single right value, left out")
            continue
        for who in measures[name] if options.owner else graph:
            done[name] += 1
            if not agrees(found[who][name], measures[name].get(who)):
                wrong.append(f"{name} of {who} is {found[who][name]}, expected {measures[name].get(who)}")
    print("\n".join(wrong[:20]))
    print(f"{sum(done.values())} values of {len(done)} measures compared, {len(wrong)} differ")
    return 1 if wrong or not done else 0


if __name__ == "__main__":
    sys.exit(main())
