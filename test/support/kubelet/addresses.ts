import { randomInt } from 'node:crypto';

/** Gives out addresses of 127/8: every Pod and every Service has one of its own, on which its own ports are free. */
export interface Addresses {
  take(): string;
  release(address: string): void;
}

/** A random /16 of 127/8, away from 127.0 and 127.1, so that kubelets of tests that run side by side keep apart. */
export function createAddresses(): Addresses {
  const network = `127.${randomInt(64, 255)}`;
  const free: string[] = [];
  let next = randomInt(0, 128) * 256;
  return {
    take() {
      const address = free.length > 64 ? free.shift() : undefined;
      if (address !== undefined) return address;
      do next = (next + 1) % 65_536;
      while (next % 256 === 0 || next % 256 === 255);
      return `${network}.${next >> 8}.${next & 255}`;
    },
    // Not given out again at once: a connection that still goes to a dead Pod must be refused, not answered by another.
    release: (address) => void free.push(address),
  };
}
