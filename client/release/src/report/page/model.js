// What the index says, made ready for lists, filters and charts.

class Model {
  constructor(index, audit) {
    Object.assign(this, index);
    this.audit = audit;
    this.laterFixes = laterFixes(audit);
    this.fileCount = this.files.path.length;
    this.commitCount = this.commits.commit.length;
    this.fileNumbers = new Map(this.files.path.map((path, number) => [path, number]));
    this.commitNumbers = new Map(this.commits.commit.map((commit, number) => [commit, number]));
    this.folders = folderTree(this.files);
    this.root = this.folders.get("");
    this.fileTexts = new ChunkedList("files", this.chunks.files);
    this.commitDetails = new ChunkedList("commits", this.chunks.commits);
    const { commit, subject, author, authors } = this.commits;
    this.searchTexts = commit.map((id, i) => `${subject[i]}\n${authors[author[i]]}\n${id}`.toLowerCase());
  }

  author(commit) {
    return this.commits.authors[this.commits.author[commit]];
  }

  release(commit) {
    return this.commits.releases[this.commits.release[commit]];
  }

  /** The subsystem of a commit; "" where none is known, as in reports of before. */
  subsystem(commit) {
    return this.commits.subsystems?.[this.commits.subsystem[commit]] ?? "";
  }

  /** Subsystems with their commits and lines, those with most commits first, and what belongs to none at the end. */
  subsystemTotals() {
    const totals = new Map();
    for (let i = 0; i < this.commitCount; i += 1) {
      const name = this.subsystem(i);
      if (!totals.has(name)) totals.set(name, { name, commits: 0, lines: 0 });
      totals.get(name).commits += 1;
      totals.get(name).lines += this.commits.lines[i];
    }
    return [...totals.values()].sort((a, b) => (a.name === "") - (b.name === "") || b.commits - a.commits || (a.name < b.name ? -1 : 1));
  }

  /** For every file whether it is in the folder `path`, is the file `path`, or else begins with it. */
  filesIn(path) {
    const folder = this.folders.has(path) ? `${path}/` : path;
    return Uint8Array.from(this.files.path, (file) => path === "" || file.startsWith(folder));
  }

  /** Numbers of the commits that pass a filter, in the order of the index. */
  filterCommits({ text, status, release, subsystem, folder, from, to }) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const inFolder = folder === "" ? undefined : this.filesIn(folder);
    const releases = this.commits.releases.map((name) => release === undefined || fitsRelease(name, release));
    const passing = [];
    for (let i = 0; i < this.commitCount; i += 1) {
      if (status !== undefined && this.commits.status[i] !== status) continue;
      if (this.commits.confidence[i] < from || this.commits.confidence[i] > to) continue;
      if (!releases[this.commits.release[i]]) continue;
      if (subsystem !== undefined && subsystemFilter(this.subsystem(i)) !== subsystem) continue;
      if (inFolder && !this.commits.files[i].some((file) => inFolder[file])) continue;
      if (!words.every((word) => this.searchTexts[i].includes(word))) continue;
      passing.push(i);
    }
    return passing;
  }

  /** Releases with their candidates, oldest first: their commits, and the filter that gives these. */
  releaseCycles() {
    const cycles = new Map();
    for (const release of this.commits.releases) {
      const name = releaseCycle(release);
      if (!cycles.has(name)) cycles.set(name, { name, releases: [], commits: [] });
      cycles.get(name).releases.push(release);
    }
    for (let i = 0; i < this.commitCount; i += 1) cycles.get(releaseCycle(this.release(i))).commits.push(i);
    return [...cycles.values()].map((cycle) => ({ ...cycle, filter: cycle.releases.length === 1 ? releaseFilter(cycle.releases[0]) : `${cycle.name}*` }));
  }
}

/** For commits the fixes of them that an audit knows, by what they do: mend or undo. */
function laterFixes(audit) {
  const fixes = new Map();
  for (const fix of audit?.fixes ?? []) {
    for (const [what, commits] of [["mends", fix.mends], ["undoes", fix.undoes]]) {
      for (const commit of commits) {
        if (!fixes.has(commit)) fixes.set(commit, []);
        fixes.get(commit).push({ what, fix });
      }
    }
  }
  return fixes;
}

/** What a filter calls a release; `*` stands for none. */
const releaseFilter = (release) => release || "*";

/** What a filter calls a subsystem; `*` stands for none. */
const subsystemFilter = (subsystem) => subsystem || "*";

/** Whether a release is the wanted one; `v3.0*` stands for v3.0 and its candidates. */
function fitsRelease(name, wanted) {
  return wanted.endsWith("*") ? releaseCycle(name) === wanted.slice(0, -1) : name === wanted;
}

/** All folders by path, each with its folders and files and what they add up to. */
function folderTree({ path, changed, explained }) {
  const folders = new Map();
  const folder = (folderPath) => {
    const known = folders.get(folderPath);
    if (known) return known;
    const made = { path: folderPath, name: folderPath.split("/").at(-1), changed: 0, explained: 0, entries: [] };
    folders.set(folderPath, made);
    if (folderPath !== "") folder(parentFolder(folderPath)).entries.push(made);
    return made;
  };
  folder("");
  path.forEach((filePath, file) => {
    const counts = { changed: changed[file], explained: explained[file] };
    folder(parentFolder(filePath)).entries.push({ path: filePath, name: filePath.split("/").at(-1), file, ...counts });
    for (let at = filePath; at !== ""; ) {
      at = parentFolder(at);
      folder(at).changed += counts.changed;
      folder(at).explained += counts.explained;
    }
  });
  for (const { entries } of folders.values()) entries.sort((a, b) => b.changed - a.changed || (a.path < b.path ? -1 : 1));
  return folders;
}

/** The folder that a path is in; "" is the top. */
function parentFolder(path) {
  return path.slice(0, Math.max(path.lastIndexOf("/"), 0));
}
