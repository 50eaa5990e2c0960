// The page's one client of the accounts' REST API.

import { AccountClient } from '../account/account-client';

export const accounts = new AccountClient((input, init) => fetch(input, init));
