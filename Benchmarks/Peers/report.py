"""From measurements to tables."""

from statistics import median

from contestants import TITLES, settings_text

#: Losses that differ from Lockstep's, in whatever order of rows, by more than this factor are pointed out.
AGREEMENT = 1.5
#: It is pointed out where others used more than this part of a CPU during a measurement.
DISTURBANCE = 0.1


def times(entry: dict) -> list:
    """Microseconds a step, round by round."""
    return [measurement["seconds"] / measurement["steps"] * 1e6 for measurement in entry["measurements"]]


def best_by_peer(entries: list, measure) -> dict:
    """The entry with the least median for each peer."""
    best = {}
    for entry in entries:
        values = measure(entry)
        if values and (entry["peer"] not in best or median(values) < median(measure(best[entry["peer"]]))):
            best[entry["peer"]] = entry
    return best


def ratio(values: list, base: list) -> float:
    """The median of the rounds' ratios."""
    return median(value / other for value, other in zip(values, base))


def spread(values: list) -> str:
    return f"{number(median(values))} ({number(min(values))} to {number(max(values))})"


def number(value: float) -> str:
    """Three significant digits, without an exponent."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


def settings(entry: dict) -> str:
    return settings_text(entry["variant"], entry["threads"])


def table(header: list, rows: list) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def work_section(result: dict) -> str:
    """The tables of one work."""
    work, entries = result["work"], result["contestants"]
    best = best_by_peer(entries, times)
    lockstep = best["lockstep"]
    range_of_losses = [(min(point["losses"]), max(point["losses"])) for point in lockstep["losses"]]
    rows = []
    for peer, entry in sorted(best.items(), key=lambda item: median(times(item[1]))):
        values = times(entry)
        rows.append([
            TITLES[peer], settings(entry), spread(values), f"{ratio(values, times(lockstep)):.2f}",
            number(entry["first_epoch_seconds"]),
            ", ".join(f"{median(point['losses']):.3g}" for point in entry["losses"]) + doubt(entry, range_of_losses)])
    epochs = ", ".join(map(str, work["curve"]))
    text = [
        f"## {work['name']}: {work['title']}", "",
        f"{work['rows']:,} rows; {result['rounds']} rounds.", "",
        table(["", "at its best with", "microseconds a step: median (least to most)", "times Lockstep's",
               "first epoch, seconds", f"loss after {epochs} epochs"], rows), ""]
    text += absences(result)
    text += ["All settings, by the trial before the rounds or, where they took part in the rounds, by the median:", ""]
    text += [table(["", "microseconds a step"], [
        [entry["label"], number(median(times(entry)) if times(entry) else entry["trial_microseconds_a_step"])]
        for entry in entries]), ""]
    return "\n".join(text + disturbances(entries))


def doubt(entry: dict, lockstep: list) -> str:
    """A remark where a loss is not what Lockstep comes to as well."""
    for point, (least, most) in zip(entry["losses"], lockstep):
        value = median(point["losses"])
        if not value < AGREEMENT * most:
            return " (learns less)"
        if value < least / AGREEMENT:
            return " (learns more)"
    return ""


def disturbances(entries: list) -> list:
    shares = [measurement["disturbance"] for entry in entries for measurement in entry["measurements"]]
    disturbed = [share for share in shares if share > DISTURBANCE]
    if not disturbed:
        return []
    return [f"During {len(disturbed)} of {len(shares)} measurements others used the machine, "
            f"up to {max(disturbed):.0%} of a CPU.", ""]


def absences(result: dict) -> list:
    return [f"Missing: {name}: {reason}." for name, reason in result["missing"].items()] + (
        [""] if result["missing"] else [])


def process_section(result: dict) -> str:
    """The table of whole processes."""
    entries = result["contestants"]
    lockstep = next(entry for entry in entries if entry["peer"] == "lockstep")
    rows = [
        [TITLES[entry["peer"]], settings(entry), spread(entry["seconds"]),
         f"{ratio(entry['seconds'], lockstep['seconds']):.1f}"]
        for entry in sorted(entries, key=lambda entry: median(entry["seconds"]))]
    return "\n".join([
        f"## process: {result['work']['title']}, {result['epochs']} epochs, from the start of a process to its end", "",
        f"{result['work']['rows']:,} rows; {result['rounds']} rounds.", "",
        table(["", "with", "seconds: median (least to most)", "times Lockstep's"], rows), "", *absences(result)])


def document(raw: dict) -> str:
    """All tables, as Markdown."""
    machine = raw["machine"]
    versions = {"lockstep": raw["lockstep"], **machine["packages"]}
    for result in raw["works"].values():
        for entry in result["contestants"]:
            if entry["peer"] == "fann" and "versions" in entry:
                versions.update(entry["versions"])
    text = [
        "# Lockstep and its peers", "",
        f"{machine['cpu']}, {machine['cpus']} CPUs{' of a virtual machine' if machine['virtual'] else ''}, "
        f"{machine['system']}, Python {machine['python']}, sources {machine['commit']}, {raw['date']}.", "",
        ", ".join(f"{name} {version}" for name, version in sorted(versions.items())) + ".", "",
        f"    {raw['command']}", ""]
    for name, result in raw["works"].items():
        text.append(process_section(result) if name == "process" else work_section(result))
    return "\n".join(text).rstrip() + "\n"
