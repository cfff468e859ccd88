import type { ElementHandle, Page } from 'puppeteer-core';

/** What a person does on the Swagger UI of /docs, and sees there. */
export interface SwaggerPage {
  tags(): Promise<string[]>;
  /** Enters an API key under "Authorize". */
  authorize(key: string): Promise<void>;
  /** Opens an operation, presses "Try it out", fills it in, presses "Execute" and reads the answer. */
  execute(operationId: string, input?: TriedInput): Promise<TriedAnswer>;
}

export interface TriedInput {
  parameters?: Record<string, string>;
  /** Text of the body; absent: the example that is there. */
  body?: string;
}

export interface TriedAnswer {
  status: string;
  body: string;
}

export function swaggerPage(page: Page): SwaggerPage {
  return {
    tags: () => page.$$eval('.opblock-tag', (tags) => tags.map((tag) => String(tag.getAttribute('data-tag')))),
    authorize: async (key) => {
      await page.click('button.authorize');
      const input = await found(page, '.auth-container input');
      await paste(input, key);
      await (await found(page, '.auth-container button.authorize')).click();
      await (await found(page, '.auth-container button.btn-done')).click();
      await page.waitForSelector('.auth-container', { hidden: true });
    },
    execute: async (operationId, input = {}) => {
      const block = await found(page, `.opblock[id$="-${operationId}"]`);
      await block.scrollIntoView();
      await (await found(block, '.opblock-summary-control')).click();
      const tryOut = await found(block, '.try-out__btn');
      // It is a cancel button where trying is on from the start.
      if ((await block.$('.try-out__btn.cancel')) === null) await tryOut.click();
      await fillIn(block, input);
      await (await found(block, 'button.execute')).click();
      const status = await textOf(block, '.live-responses-table .response .response-col_status');
      const body = await textOf(
        block,
        '.live-responses-table .response .highlight-code code, .live-responses-table pre',
      );
      return { status: status.trim(), body };
    },
  };
}

async function fillIn(block: ElementHandle, { parameters = {}, body }: TriedInput): Promise<void> {
  for (const [name, value] of Object.entries(parameters)) {
    const input = await found(block, `tr[data-param-name="${name}"] input`);
    await input.click({ count: 3 });
    await paste(input, value);
  }
  if (body === undefined) return;
  const area = await found(block, 'textarea.body-param__text');
  await area.click({ count: 3 });
  await area.focus();
  await block.frame.page().keyboard.down('Control');
  await block.frame.page().keyboard.press('KeyA');
  await block.frame.page().keyboard.up('Control');
  await block.frame.page().keyboard.sendCharacter(body);
}

/** All at once: the page draws everything anew after each change. */
async function paste(input: ElementHandle, text: string): Promise<void> {
  await input.focus();
  await input.frame.page().keyboard.sendCharacter(text);
}

/** Waits for it: the page draws as it likes. */
async function found(root: Page | ElementHandle, selector: string): Promise<ElementHandle> {
  const element = await root.waitForSelector(selector, { timeout: 30_000 });
  if (element === null) throw new Error(`The page shows no ${selector}.`);
  return element;
}

async function textOf(root: ElementHandle, selector: string): Promise<string> {
  const property = await (await found(root, selector)).getProperty('textContent');
  return String(await property.jsonValue());
}
