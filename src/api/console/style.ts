/** The console's one style sheet. Colours have a contrast of 4.5 or more on what they stand on, in both themes. */
export const style = `:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --surface: #ffffff; --sunken: #f0f2f5; --line: #dfe3e8; --text: #17202b; --quiet: #566270; --accent: #1f5fbf;
  --critical: #b3261e; --critical-ground: #fdecea; --warning: #825000; --warning-ground: #fff3dc;
  --good: #17663a; --good-ground: #e4f5ea; --quiet-ground: #e9ecf0;
  --first: #1f5fbf; --second: #a3480c; --shadow: 0 1px 2px rgb(16 24 40 / 6%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10151c; --surface: #18202a; --sunken: #111820; --line: #2d3846; --text: #e6ebf1; --quiet: #9fadbd; --accent: #85b4ff;
    --critical: #ff9c93; --critical-ground: #40191a; --warning: #f5c25c; --warning-ground: #3a2c0d;
    --good: #79d6a0; --good-ground: #12351f; --quiet-ground: #27313d;
    --first: #85b4ff; --second: #f2a35e; --shadow: none;
  }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif; }
a { color: var(--accent); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code, pre, .id { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; font-size: 13px; }
h1 { margin: 0 0 4px; font-size: 24px; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 36px 0 12px; font-size: 17px; line-height: 1.3; }
h3, .problem h2 { margin: 0; font-size: 15px; line-height: 1.4; overflow-wrap: anywhere; }
.problem h2.id { font-size: 14px; }
p { margin: 0 0 8px; }
.lead { color: var(--quiet); margin-bottom: 20px; }
.skip { position: absolute; left: 8px; top: -64px; padding: 8px 12px; background: var(--surface); z-index: 1; }
.skip:focus { top: 8px; }
.visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

.top { background: var(--surface); border-bottom: 1px solid var(--line); }
.top > div { max-width: 1080px; margin: 0 auto; padding: 0 24px; display: flex; flex-wrap: wrap; align-items: center; column-gap: 28px; }
.brand { display: flex; align-items: center; gap: 10px; padding: 14px 0; font-weight: 650; color: inherit; text-decoration: none; }
.brand svg { width: 22px; height: 22px; fill: var(--accent); }
.top nav { display: flex; flex: 1; gap: 4px; }
.top nav a { padding: 15px 10px 12px; color: var(--quiet); text-decoration: none; border-bottom: 3px solid transparent; white-space: nowrap; }
.top nav a:hover { color: var(--text); }
.top nav a[aria-current] { color: var(--text); font-weight: 600; border-color: var(--accent); }
.who { display: flex; align-items: center; gap: 12px; color: var(--quiet); font-size: 13px; }
.who span { max-width: 180px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
button { font: inherit; font-weight: 550; color: var(--text); background: var(--surface); border: 1px solid var(--line); border-radius: 8px; padding: 6px 14px; cursor: pointer; }
button:hover { border-color: var(--quiet); }
button.main { color: var(--surface); background: var(--accent); border-color: var(--accent); padding: 10px 16px; }
main { max-width: 1080px; margin: 0 auto; padding: 32px 24px 64px; }
footer { max-width: 1080px; margin: 0 auto; padding: 0 24px 32px; color: var(--quiet); font-size: 13px; }

.card { background: var(--surface); border: 1px solid var(--line); border-radius: 12px; box-shadow: var(--shadow); padding: 18px 20px; margin: 0 0 14px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(190px, 1fr)); gap: 14px; margin: 0 0 14px; padding: 0; list-style: none; }
.tiles .card { margin: 0; }
.tiles .label { color: var(--quiet); font-size: 13px; }
.tiles .figure { display: block; font-size: 28px; line-height: 1.3; font-weight: 650; letter-spacing: -.02em; font-variant-numeric: tabular-nums; }
.tiles .critical { color: var(--critical); } .tiles .warning { color: var(--warning); }
.tiles .note { color: var(--quiet); font-size: 13px; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 14px; }
.pair .card { margin: 0; min-width: 0; }

.badge { display: inline-block; padding: 1px 9px; border-radius: 99px; font-size: 12px; line-height: 20px; font-weight: 600; white-space: nowrap; background: var(--quiet-ground); color: var(--text); }
.badge.critical { background: var(--critical-ground); color: var(--critical); }
.badge.warning { background: var(--warning-ground); color: var(--warning); }
.badge.good { background: var(--good-ground); color: var(--good); }
.problem { border-left: 4px solid var(--line); }
.problem.critical { border-left-color: var(--critical); } .problem.warning { border-left-color: var(--warning); }
.head { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: 4px 10px; margin-bottom: 6px; }
.head .title { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 10px; }
.message { overflow-wrap: anywhere; }
.advice { color: var(--quiet); overflow-wrap: anywhere; }
.command { margin: 10px 0; padding: 10px 12px; background: var(--sunken); border: 1px solid var(--line); border-radius: 8px; white-space: pre-wrap; overflow-wrap: anywhere; user-select: all; }
.command code::before { content: '$ '; color: var(--quiet); user-select: none; }
.none { color: var(--quiet); font-weight: 400; }
.advices dt { font-weight: 600; } .advices dd { margin: 0 0 8px; color: var(--quiet); } .advices dd:last-child { margin: 0; }
.links { font-size: 14px; margin: 0; }

dl.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px 24px; margin: 12px 0; }
dl.facts dt { color: var(--quiet); font-size: 13px; } dl.facts dd { margin: 0; overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 14px; }
th { text-align: left; font-size: 13px; font-weight: 550; color: var(--quiet); }
th, td { padding: 9px 16px 9px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: anywhere; }
tr:last-child > td, tr:last-child > th[scope=row] { border-bottom: 0; }
th[scope=row] { color: var(--text); font-size: 14px; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td:last-child, th:last-child { padding-right: 0; }
.pages { display: flex; gap: 16px; margin: 4px 0 0; }
.chips { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 16px; padding: 0; list-style: none; }
.chips a { display: inline-block; padding: 4px 12px; border: 1px solid var(--line); border-radius: 99px; background: var(--surface); color: var(--text); font-size: 14px; text-decoration: none; }
.chips a:hover { border-color: var(--quiet); }
.chips a[aria-current] { border-color: var(--accent); color: var(--accent); font-weight: 600; }

.plot { width: 100%; height: auto; display: block; overflow: visible; }
.plot text { fill: var(--quiet); font-size: 11px; font-variant-numeric: tabular-nums; }
.plot .grid { stroke: var(--line); stroke-width: 1; }
.plot .line { fill: none; stroke-width: 2; stroke-linejoin: round; stroke-linecap: round; }
.plot .line.first { stroke: var(--first); } .plot .line.second { stroke: var(--second); stroke-dasharray: 6 4; }
.plot .bar { fill: var(--first); }
.legend { display: flex; gap: 18px; margin: 0 0 8px; padding: 0; list-style: none; font-size: 13px; color: var(--quiet); }
.legend i { display: inline-block; width: 18px; margin-right: 6px; vertical-align: 4px; border-top: 3px solid var(--first); } .legend .second i { border-top: 3px dashed var(--second); }
details { margin-top: 8px; font-size: 14px; } summary { color: var(--quiet); cursor: pointer; font-size: 13px; }
details .scroll { max-height: 260px; overflow-y: auto; }

.gate { max-width: 440px; margin: 12vh auto 0; padding: 0 20px 48px; }
.gate .brand { padding: 0 0 20px; } .gate .card { padding: 28px; }
.gate label { display: block; font-weight: 600; margin: 16px 0 6px; }
.gate input { width: 100%; font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; padding: 10px 12px; color: inherit; background: var(--ground); border: 1px solid var(--quiet); border-radius: 8px; }
.gate button { width: 100%; margin-top: 16px; }
.alert { margin: 12px 0 0; padding: 10px 12px; border-radius: 8px; background: var(--critical-ground); color: var(--critical); }
.hint { color: var(--quiet); font-size: 13px; margin: 14px 0 0; }

@media (max-width: 720px) {
  main { padding: 22px 16px 48px; } footer { padding: 0 16px 28px; }
  .top > div { padding: 0 16px; }
  .brand { flex: 1; } .top nav { order: 3; flex-basis: 100%; margin: 0 -16px; padding: 0 8px; overflow-x: auto; border-top: 1px solid var(--line); }
  .top nav a { padding: 11px 8px 8px; }
  .who span { display: none; }
  h1 { font-size: 21px; } h2 { margin-top: 28px; }
  .card { padding: 14px 16px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 10px; } .tiles .figure { font-size: 23px; }
  .wide { display: none; }
  th, td { padding-right: 10px; }
  .plot text { font-size: 17px; }
}
@media (prefers-contrast: more) { :root { --line: currentColor; } }
`;
