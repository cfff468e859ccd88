import { productVersion } from '../command-line.ts';
import { runProgram } from '../kubectl-loyalty/program.ts';

// `kubectl loyalty status | head` closes the pipe early: that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

const { stdin, stdout, stderr, env: environment, argv } = process;
const terminal = { stdin, stdout, stderr, environment, now: () => new Date() };
process.exitCode = await runProgram(argv.slice(2), terminal, productVersion());
