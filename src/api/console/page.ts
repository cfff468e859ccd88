import type { Knex } from 'knex';
import type { RunTask } from '../../adapters/postgres/runs/run.ts';
import type { CredentialFolders } from '../../adapters/credential-folder/open-folders.ts';
import type { ReadClusterCredentials } from './cluster-credentials.ts';
import type { Section } from './layout.ts';
import type { Markup } from './markup.ts';
import type { Reach } from './repair.ts';

/** What pages are made from beside the database. */
export interface ConsoleSources {
  folders: CredentialFolders;
  /** Host name of this process. */
  replica: string;
  /** undefined: WalletCredentials are not shown. */
  credentials?: ReadClusterCredentials;
  /** Namespace of the installation, for the commands that are shown. */
  namespace?: string;
  /** Under which URL the outside reaches this API; undefined: as the browser has it. */
  publicUrl?: string;
  /** URL of the folder with the runbooks. */
  runbooks: string;
  /** Jobs that ought to run. */
  expectedTasks: readonly RunTask[];
}

/** What a page is asked with. */
export interface PageRequest {
  sources: ConsoleSources;
  database: Knex;
  /** Of the path. */
  params: Readonly<Record<string, string | undefined>>;
  query: URLSearchParams;
  now: Date;
  reach: Reach;
  /** From the address of the page to the folder of /console. */
  up: string;
}

export interface PageAnswer {
  title: string;
  section: Section;
  content: Markup;
}

/** Shows something; it changes nothing. @throws Problem, which is shown in its place */
export type Page = (request: PageRequest) => Promise<PageAnswer>;
