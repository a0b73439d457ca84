"""Plots from which upstream releases vendor releases have their lines: python origins_by_release.py PARQUET OUT.svg

PARQUET is a folder that `hunktrace.parquet.convert` has written.
"""

# %% Read the tables
import sys

import matplotlib
import polars

matplotlib.use("svg")
import matplotlib.pyplot as plt

folder, out = sys.argv[1:]
commits = polars.read_parquet(f"{folder}/commits/*.parquet")

# %% Lines of each vendor release by the upstream release that had them first
lines = (
    commits.with_columns(polars.col("first_release").fill_null("none yet"))
    .group_by("release", "first_release")
    .agg(polars.col("lines").sum())
    .pivot("first_release", index="release", values="lines", sort_columns=True)
    .fill_null(0)
    .sort("release")
)
print(lines)

# %% Plot them
figure, axes = plt.subplots(figsize=(8, 1 + 0.4 * lines.height), layout="constrained")
left = [0] * lines.height
for upstream in lines.columns[1:]:
    axes.barh(lines["release"], lines[upstream], left=left, label=upstream)
    left = [before + more for before, more in zip(left, lines[upstream], strict=True)]
axes.set_xlabel("changed lines with an origin")
axes.legend(title="first release")
figure.savefig(out)
