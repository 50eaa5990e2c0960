// The app starts here: one page for two addresses. The editor is loaded only
// where there is one.

import './styles/base.css';
import './styles/landing.css';
import './styles/room.css';
import './styles/panels.css';
import './styles/narrow.css';
import { showLanding } from './landing';
import { applyTheme } from './theme';

const ROOM_PATH = /^\/r\/([^/]+)\/?$/;

applyTheme();
const app = document.getElementById('app') as HTMLElement;
const roomId = ROOM_PATH.exec(location.pathname)?.[1];
if (roomId === undefined) {
  showLanding(app);
} else {
  const { showRoom } = await import('./room-page');
  showRoom(app, decodeURIComponent(roomId));
}
