import type { Argument, Command, Option } from 'commander';
import { tasks } from '../rerun/task.ts';

/** What may stand where the cursor is. */
export interface Suggestion {
  word: string;
  /** For shells that show it; empty: nothing is known. */
  description: string;
}

export interface Completion {
  suggestions: Suggestion[];
  /** Whether the names of files fit as well. */
  files: boolean;
}

const none: Completion = { suggestions: [], files: false };

/**
 * What may follow on a command line, read off the program itself.
 * @param words those after the program's name; the last is what has been typed of the word at the cursor, and may be empty
 */
export function complete(program: Command, words: readonly string[]): Completion {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const command = commandOf(program, before);
  // bash makes words of their own of `=` and of what is behind it.
  const [flagWord, broken] = typed === '=' ? [before.at(-1), ''] : before.at(-1) === '=' ? [before.at(-2), typed] : [];
  const flag = optionOf(command ?? program, flagWord ?? before.at(-1));
  if (flag && takesValue(flag)) return valuesOf(flag, broken ?? typed);
  const [, name = '', value] = /^(--[\w-]+)=(.*)$/s.exec(typed) ?? [];
  const named = optionOf(command ?? program, name);
  if (value !== undefined) return named ? prefixed(valuesOf(named, value), `${name}=`) : none;
  if (typed.startsWith('-')) return { suggestions: fitting(flagsOf(command ?? program, before), typed), files: false };
  if (command === undefined) return { suggestions: fitting(commandsOf(program), typed), files: false };
  return argumentsOf(command, before, typed);
}

/** The command that the line has named, wherever it stands among flags. */
function commandOf(program: Command, before: readonly string[]): Command | undefined {
  return program.commands.find((command) =>
    before.some((word) => [command.name(), ...command.aliases()].includes(word)),
  );
}

function optionOf(command: Command, word: string | undefined): Option | undefined {
  return word === undefined
    ? undefined
    : command.options.find((option) => option.short === word || option.long === word);
}

function takesValue({ required, optional, variadic }: Option): boolean {
  return required || optional || variadic;
}

/** Flags whose values are names of files. */
const fileFlags = new Set(['--filename', '--kubeconfig']);

function valuesOf({ argChoices, long }: Option, typed: string): Completion {
  const suggestions = (argChoices ?? []).map((word) => ({ word, description: '' }));
  return { suggestions: fitting(suggestions, typed), files: fileFlags.has(long ?? '') };
}

function prefixed({ suggestions, files }: Completion, prefix: string): Completion {
  return {
    suggestions: suggestions.map(({ word, description }) => ({ word: `${prefix}${word}`, description })),
    files,
  };
}

/** Those that are not there yet, unless they may be repeated. */
function flagsOf(command: Command, before: readonly string[]): Suggestion[] {
  const open = command.options.filter(
    (option) =>
      !option.hidden && (repeatable(option) || !before.some((word) => word === option.long || word === option.short)),
  );
  const all = open.map(({ long, short, description }) => ({ word: long ?? short ?? '', description }));
  return [...all, { word: '--help', description: 'display help for command' }];
}

function repeatable({ variadic, description }: Option): boolean {
  return variadic || description.includes('may be repeated');
}

function commandsOf(program: Command): Suggestion[] {
  const all = program.createHelp().visibleCommands(program);
  return all.map((command) => ({ word: command.name(), description: command.summary() || command.description() }));
}

/** Of arguments that take others, too. */
const known: Readonly<Record<string, readonly string[]>> = { 'rerun job': tasks };

function argumentsOf(command: Command, before: readonly string[], typed: string): Completion {
  const given = before.slice(before.findIndex((word) => [command.name(), ...command.aliases()].includes(word)) + 1);
  const argument = argumentAt(command, positionOf(command, given));
  const choices = argument?.argChoices ?? known[`${command.name()} ${argument?.name() ?? ''}`] ?? [];
  const words = choices.map((word) => ({ word, description: '' }));
  return { suggestions: fitting(words, typed), files: false };
}

/** How many arguments that are no flags stand there. */
function positionOf(command: Command, given: readonly string[]): number {
  return given.filter((word, index) => {
    if (word.startsWith('-')) return false;
    const flag = optionOf(command, given[index - 1]);
    return flag === undefined || !takesValue(flag);
  }).length;
}

function argumentAt({ registeredArguments }: Command, position: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[position] ?? (last?.variadic ? last : undefined);
}

function fitting(suggestions: readonly Suggestion[], typed: string): Suggestion[] {
  return suggestions.filter(({ word }) => word.startsWith(typed));
}
