import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, launch, type Page } from 'puppeteer-core';

/** A headless Chromium that reaches one origin and nothing else. */
export interface TestBrowser {
  open(path: string, size?: { width: number; height: number }): Promise<OpenPage>;
  /** What it wanted from other origins; refused. */
  refused: string[];
  close(): Promise<void>;
}

export interface OpenPage {
  page: Page;
  /** Errors on the console, exceptions and requests that failed. A violation of the content security policy is one. */
  mistakes: string[];
}

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
];

/** @throws Error that says how to get one, when there is no Chromium. */
async function chromium(): Promise<string> {
  const candidates = [process.env['CHROMIUM'] ?? '', ...places];
  for (const path of candidates) {
    const found = path !== '' && (await access(path).then(() => true, () => false)); // prettier-ignore
    if (found) return path;
  }
  throw new Error(
    `No Chromium at ${candidates.filter(Boolean).join(', ')}: install one (apt-get install chromium) or name it in CHROMIUM.`,
  );
}

/** Starts a browser for which no name resolves, and in which every request to another origin is refused and noted. */
export async function startBrowser(origin: string): Promise<TestBrowser> {
  const profile = await mkdtemp(join(tmpdir(), 'orion-chromium-'));
  const browser = await launch({
    executablePath: await chromium(),
    userDataDir: profile,
    args: [
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      // Containers seldom let Chromium make its sandbox; it opens our own page only.
      '--no-sandbox',
      '--disable-dev-shm-usage',
    ],
  });
  const refused: string[] = [];
  return {
    refused,
    open: (path, size = { width: 1280, height: 900 }) => openPage(browser, origin, path, { refused, size }),
    close: async () => {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

interface PageOptions {
  refused: string[];
  size: { width: number; height: number };
}

async function openPage(browser: Browser, origin: string, path: string, options: PageOptions): Promise<OpenPage> {
  const page = await browser.newPage();
  await page.setViewport({ ...options.size, deviceScaleFactor: 1 });
  page.setDefaultTimeout(20_000);
  const mistakes: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warn'].includes(message.type())) mistakes.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => mistakes.push(`exception: ${String(error)}`));
  page.on('requestfailed', (request) => mistakes.push(`failed: ${request.url()} ${request.failure()?.errorText}`));
  await page.setRequestInterception(true);
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.origin === origin || url.protocol === 'data:' || url.protocol === 'blob:') return void request.continue();
    options.refused.push(request.url());
    return void request.abort('blockedbyclient');
  });
  await page.goto(`${origin}${path}`, { waitUntil: 'networkidle0' });
  return { page, mistakes };
}
