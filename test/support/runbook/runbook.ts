import { readFileSync } from 'node:fs';

/** Commands of a page, and what the page says that they show. */
export interface Block {
  /** The heading of the second level above it. */
  section: string;
  /** Of its first line in the file. */
  line: number;
  script: string;
  /** Absent: it shows nothing. */
  shows: string | undefined;
  /** What it needs that no test has, such as an account at Apple: it is not run, only read. */
  needs?: string;
  /** It serves until it is ended, in a terminal of its own. */
  serves?: true;
}

export interface Runbook {
  title: string;
  /** Headings of the second level. */
  sections: string[];
  blocks: Block[];
}

interface Fence {
  language: string;
  text: string;
  /** Of the line after the opening fence, counted from 1. */
  line: number;
  section: string;
  /** No word between the fence before and this one. */
  follows: boolean;
  /** What a comment right above says of it: `<!-- needs WHAT -->` or `<!-- serves -->`. */
  mark: string | undefined;
}

/** Reads a page: a ```bash block, and the ```text block right below it with what it shows. */
export function parseRunbook(markdown: string): Runbook {
  const fences = fencesOf(markdown);
  const blocks = fences.flatMap(({ language, text, line, section, mark }, index): Block[] => {
    if (language !== 'bash') return [];
    const next = fences[index + 1];
    const shows = next?.language === 'text' && next.follows ? next.text : undefined;
    return [{ section, line, script: text, shows, ...marked(mark) }];
  });
  for (const [index, { language, follows, line }] of fences.entries()) {
    if (language === 'text' && !(follows && fences[index - 1]?.language === 'bash'))
      throw new Error(
        `the text block at line ${line} is not right below a bash block: nothing would be compared with it`,
      );
  }
  const headings = [...markdown.replaceAll(/^```[^]*?^```$/gm, '').matchAll(/^(#+) (.+)$/gm)];
  const ofLevel = (level: string): string[] =>
    headings.flatMap(([, hashes, text = '']) => (hashes === level ? [text] : []));
  return { title: ofLevel('#')[0] ?? '', sections: ofLevel('##'), blocks };
}

export function readRunbook(path: string): Runbook {
  return parseRunbook(readFileSync(path, 'utf8'));
}

function marked(mark = ''): Pick<Block, 'needs' | 'serves'> {
  const [, needs] = /^needs (.+)$/.exec(mark) ?? [];
  if (needs !== undefined) return { needs };
  return mark === 'serves' ? { serves: true } : {};
}

function fencesOf(markdown: string): Fence[] {
  const fences: Fence[] = [];
  let section = '';
  let open: Fence | undefined;
  let follows = false;
  let mark: string | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, language] = /^```(\w*)$/.exec(line) ?? [];
    if (open && language === '') {
      fences.push(open);
      [open, follows, mark] = [undefined, true, undefined];
    } else if (open) open.text += `${line}\n`;
    else if (language !== undefined) open = { language, text: '', line: index + 2, section, follows, mark };
    else if (line.trim() !== '') {
      follows = false;
      mark = /^<!-- ((?:needs .+|serves)) -->$/.exec(line)?.[1];
      section = /^## (.+)$/.exec(line)?.[1] ?? section;
    }
  }
  return fences;
}
