const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** How long ago an instant was, as kubectl writes ages: "41s", "3m20s", "5h", "2d4h", "326d". */
export function ageOf(instant: unknown, now: Date): string {
  if (typeof instant !== 'string' || instant === '') return '<unknown>';
  const milliseconds = now.getTime() - Date.parse(instant);
  if (Number.isNaN(milliseconds)) return '<invalid>';
  return humanDuration(milliseconds / 1000);
}

// The steps of k8s.io/apimachinery/pkg/util/duration HumanDuration: the larger the duration, the coarser its unit.
function humanDuration(exact: number): string {
  const seconds = Math.trunc(exact);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 2 * minute) return `${seconds}s`;
  if (seconds < 10 * minute) return inTwo(seconds, minute, 'm', 1, 's');
  if (seconds < 3 * hour) return `${Math.trunc(seconds / minute)}m`;
  if (seconds < 8 * hour) return inTwo(seconds, hour, 'h', minute, 'm');
  if (seconds < 2 * day) return `${Math.trunc(seconds / hour)}h`;
  if (seconds < 8 * day) return inTwo(seconds, day, 'd', hour, 'h');
  if (seconds < 2 * year) return `${Math.trunc(seconds / day)}d`;
  if (seconds < 8 * year) return inTwo(seconds, year, 'y', day, 'd');
  return `${Math.trunc(seconds / year)}y`;
}

function inTwo(seconds: number, large: number, largeUnit: string, small: number, smallUnit: string): string {
  const rest = Math.trunc((seconds % large) / small);
  return `${Math.trunc(seconds / large)}${largeUnit}${rest === 0 ? '' : `${rest}${smallUnit}`}`;
}
