// The built agent starts here. V8 takes twenty megabytes to read two megabytes of code, and a process
// never gives them back: so the code is read once for each release of Node.js, and kept as V8 compiled
// it. V8 compiles a function when it is called first: so that is kept once more at the end.
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';

/** Digest of the agent's code, set by the build: V8 itself would not notice another code's. */
declare const agentDigest: string;

// An agent shares its host with the tasks, so memory comes before speed. By default the heap may grow
// fourfold before it is looked through, its part for young objects sixteenfold, and code is optimized
// after a third of the runs. With these, and what is set for many tasks later, a thousand take little
// more than half the memory.
const flags = ['--heap-growing-percent=100', '--semi-space-growth-factor=1'];
// Later releases have a compiler between, and another name for this.
if (process.versions.node.startsWith('20.')) flags.push('--interrupt-budget=400000');
for (const flag of flags) setFlagsFromString(flag);

const file = join(__dirname, 'agent.js');
/** Stands for the release of V8, its flags, and what the processor can do. */
const tag = cachedDataVersionTag();
const compiled = join(__dirname, `agent.${agentDigest}.${tag}.compiled`);

const kept = read(compiled);
const script = new Script(
  `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'latin1')}\n})`,
  { filename: file, ...(kept && { cachedData: kept }) },
);
if ((kept === null || script.cachedDataRejected) && keep()) keepAtEnd();
script.runInThisContext()(exports, require, module, __filename, __dirname);

function read(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** Whole or not at all, and tells which; without it the agent runs as well, and takes more memory. */
function keep(): boolean {
  const mine = `${compiled}.${process.pid}`;
  try {
    writeFileSync(mine, script.createCachedData(), { flush: true });
    chmodSync(mine, 0o644);
    renameSync(mine, compiled);
    return true;
  } catch {
    rmSync(mine, { force: true });
    return false;
  }
}

/** Keeps all that has been called by then, where the process ends in good order. */
function keepAtEnd(): void {
  // V8 lets go of what has not been called for long.
  setFlagsFromString('--no-flush-bytecode');
  process.on('exit', (code) => {
    for (const flag of [...flags, '--flush-bytecode']) setFlagsFromString(flag);
    // V8 takes it only under the flags that it was made under.
    if (code === 0 && cachedDataVersionTag() === tag) keep();
  });
}
