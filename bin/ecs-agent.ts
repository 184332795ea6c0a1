import { runCommand } from './commands/run.ts';

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
