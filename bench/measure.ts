import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';

export interface Row {
  what: string;
  measured: string;
  goal: string;
  met: boolean;
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${value.toFixed(0)} ms`;
}

export function seconds(value: number): string {
  return `${(value / 1_000).toFixed(2)} s`;
}

/** Resident memory of a process, in MiB. */
export async function residentMebibytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN) / 1_024;
}

/** CPU time of a process (user and system), in seconds. */
export async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / 100;
}

/** How noisy the machine is: the spread of the same small piece of work, and the load. */
export function noise(): string {
  const times = Array.from({ length: 21 }, () => {
    const begun = performance.now();
    let sum = 0;
    for (let index = 0; index < 3_000_000; index++) sum += index % 7;
    return performance.now() - begun + (sum < 0 ? 1 : 0);
  });
  const [low, mid, high] = [quantile(times, 0.05), median(times), quantile(times, 0.95)];
  return `the same loop took ${low.toFixed(1)} to ${high.toFixed(1)} ms (median ${mid.toFixed(1)}), load ${loadavg()[0]?.toFixed(1)}`;
}

/** Prints rows as a table that fits 120 columns. */
export function printTable(rows: readonly Row[]): void {
  const widths = {
    what: Math.max(...rows.map((row) => row.what.length)),
    measured: Math.max(...rows.map((row) => row.measured.length)),
  };
  for (const { what, measured, goal, met } of rows) {
    console.log(
      `${met ? 'met   ' : 'MISSED'}  ${what.padEnd(widths.what)}  ${measured.padEnd(widths.measured)}  ${goal}`,
    );
  }
}
