/** A thread that does not start. */
throw new Error('broken');
