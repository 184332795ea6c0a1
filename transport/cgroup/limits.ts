const mebibyte = 1_048_576;

/** How much CPU time there is in how much time, both in microseconds. */
export interface CpuQuota {
  quotaUs: number;
  periodUs: number;
}

/** The quota of `cpu` vCPUs. The kernel takes none below 1 ms. */
export const cpuQuotaOf = (cpu: number, periodMs: number): CpuQuota => ({
  quotaUs: Math.max(1_000, Math.trunc(cpu * periodMs * 1_000)),
  periodUs: periodMs * 1_000,
});

/**
 * CPU time in a second, in microseconds, for systemd. It keeps whole percents in the unit's file and
 * reads that again when it is reloaded, so a part of a percent becomes a whole one.
 */
export const cpuPerSecondUs = (cpu: number): number => {
  const percent = Math.ceil(Math.round(cpu * 1_000_000) / 10_000);
  return Math.max(1, percent) * 10_000;
};

/**
 * The weight (1 to 10,000) of cgroups v2 that stands for shares (2 to 262,144) of v1, by the formula
 * that container runtimes have agreed on.
 */
export const cpuWeightOf = (shares: number): number =>
  1 + Math.trunc(((sharesOf(shares) - 2) * 9_999) / 262_142);

/** Shares within what the kernel takes. */
export const sharesOf = (shares: number): number => Math.min(Math.max(2, shares), 262_144);

export const bytesOf = (memoryMiB: number): number => memoryMiB * mebibyte;
