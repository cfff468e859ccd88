/** One instruction of a Dockerfile, its continuation lines joined. */
export interface Instruction {
  /** Upper case: FROM, RUN… */
  name: string;
  /** Flags such as --from=build. */
  flags: string[];
  /** Everything after the flags, on one line. */
  text: string;
  /** The comment lines directly above. */
  comments: string[];
}

/** Reads a Dockerfile without heredocs, escape directives or variables in instruction names: as ours is. */
export function parseDockerfile(content: string): Instruction[] {
  const instructions: Instruction[] = [];
  let [comments, pending]: [string[], string] = [[], ''];
  for (const line of content.split('\n')) {
    const trimmed = line.trim();
    if (trimmed.startsWith('#')) comments.push(trimmed);
    else if (trimmed === '') comments = pending === '' ? [] : comments;
    else if (trimmed.endsWith('\\')) pending += `${trimmed.slice(0, -1).trim()} `;
    else {
      instructions.push({ ...parseInstruction(pending + trimmed), comments });
      [comments, pending] = [[], ''];
    }
  }
  return instructions;
}

function parseInstruction(line: string): Omit<Instruction, 'comments'> {
  const [name = '', ...words] = line.split(/\s+/);
  const firstWord = words.findIndex((word) => !word.startsWith('--'));
  const flagCount = firstWord === -1 ? words.length : firstWord;
  return { name: name.toUpperCase(), flags: words.slice(0, flagCount), text: words.slice(flagCount).join(' ') };
}
