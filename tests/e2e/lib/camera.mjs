// A till's camera: pictures in PGM through a FIFO, which tillbridge-qrcam takes for one.

import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname } from 'node:path';

export class Camera {
  // Before the till is started.
  static of(till) {
    const camera = new Camera();
    camera.path = till.path('sim', 'camera');
    mkdirSync(dirname(camera.path), { recursive: true });
    execFileSync('mkfifo', [camera.path]);
    camera.hold = openSync(camera.path, constants.O_RDWR); // pictures that end do not end the camera
    till.readers += `\nreader = camera:${camera.path}`;
    return camera;
  }

  async sees(pgm) {
    const to = await open(this.path, 'w');
    await to.writeFile(pgm);
    await to.close();
  }

  close() {
    closeSync(this.hold);
  }
}

/** A PNG as PGM, drawn by the browser that page is of, on white, with room around it. */
export async function pgmOf(page, png, margin = 20) {
  const { width, height, grey } = await page.evaluate(async ([base64, around]) => {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(picture.width + 2 * around, picture.height + 2 * around);
    const to = canvas.getContext('2d');
    to.fillStyle = '#fff';
    to.fillRect(0, 0, canvas.width, canvas.height);
    to.drawImage(picture, around, around);
    const { data } = to.getImageData(0, 0, canvas.width, canvas.height);
    return { width: canvas.width, height: canvas.height, grey: Array.from({ length: data.length / 4 }, (_, n) => data[4 * n]) };
  }, [png.toString('base64'), margin]);
  return Buffer.concat([Buffer.from(`P5\n${width} ${height}\n255\n`), Buffer.from(grey)]);
}
