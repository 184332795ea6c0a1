import { setFlagsFromString } from 'node:v8';
import { runCommand } from './commands/run.ts';

// An agent shares its host with the tasks, so memory comes before speed. By default the heap may double
// before it is looked through, its part for young objects grows sixteenfold, and code that runs for a
// second only is optimized. With these a thousand tasks take little more than half the memory.
setFlagsFromString('--heap-growing-percent=10');
setFlagsFromString('--semi-space-growth-factor=1');
// Later releases have a compiler between, and another name for this.
if (process.versions.node.startsWith('20.')) setFlagsFromString('--interrupt-budget=1000000');

// The library warns at its first use that it will drop Node.js 20 one day; operators cannot act on it.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
// State holds environment values of tasks: only the agent's own user may read what it writes.
process.umask(0o077);

runCommand(process.argv.slice(2), process.env).then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`ecs-agent: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);
