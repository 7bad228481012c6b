// A household whose changes a box acknowledges, and what must be so afterwards whatever happened to its power.
import { expect, sleep, until } from '../../browser/lib/check.mjs';
import { request } from './box.mjs';

const PASSWORD = 'the quick ember jumps';

/** Becomes the owner of a new box. */
export async function claim(port) {
    const form = new URLSearchParams({ name: 'Anna', password: PASSWORD }).toString();
    const reply = await request(port, 'POST', '/setup', { body: form, headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: 'http://localhost' }, seconds: 60 });
    expect(reply.status === 303, `set-up answered ${reply.status}: ${reply.body.slice(0, 2000)}`);
}

/** Logs in; the session, or undefined where name or password are not known. */
export async function logIn(port, name, password = PASSWORD) {
    const reply = await call(port, undefined, 'POST', '/session', { name, password }, [200, 422]);
    return reply.session;
}

/** One call of the API, again while the box is busy; fails if its status is none of `expected`. */
async function call(port, session, method, where, json, expected = [200]) {
    const headers = session ? { Authorization: `Bearer ${session}` } : {};
    const ask = () => request(port, method, `/api/v1${where}`, { headers, json, seconds: 60 });
    let reply = await ask();
    for (let turn = 0; reply.status === 503 && turn < 100; turn += 1) {
        await sleep(200);
        reply = await ask();
    }
    expect(expected.includes(reply.status), `${method} ${where} answered ${reply.status}: ${reply.body.slice(0, 500)}`);
    return { status: reply.status, ...JSON.parse(reply.body) };
}

/** Anna owns the box; Ben changes his password, Cara her key, Dora her mind about following Anna; others join. */
export class Household {
    constructor(told) { this.told = told; }

    /** Moves in at a box that nobody owns. */
    static async moveIn(port) {
        await claim(port);
        const owner = await logIn(port, 'anna');
        await call(port, owner, 'PUT', '/house', { joining: 'open' });
        const household = new Household({ accounts: ['anna'], sessions: {}, password: { is: PASSWORD }, follows: { is: false }, key: {}, changes: 0 });
        for (const name of ['ben', 'cara', 'dora']) await household.join(port, name);
        household.told.key.is = (await call(port, household.told.sessions.cara, 'GET', '/studio/keys')).keys[0].key;
        return household;
    }

    /** The same people with a memory of their own. */
    copy() { return new Household(structuredClone(this.told)); }

    async join(port, name) {
        const reply = await call(port, undefined, 'POST', '/accounts', { name, address: name, password: PASSWORD }, [201, 429]);
        if (reply.status === 429) return false;
        this.told.accounts.push(name);
        this.told.sessions[name] = reply.session;
        this.told.changes += 1;
        return true;
    }

    /** All at once, one change after the other, until the box is gone. */
    async live(port) {
        const { sessions } = this.told;
        let number = 0;
        const changes = [
            () => this.join(port, `p${number += 1}`),
            () => this.change('password', `the quick ember ${number += 1}`, async (next) => {
                sessions.ben = (await call(port, sessions.ben, 'PUT', '/me/password', { password: this.told.password.is, new: next })).session;
            }),
            () => this.change('key', undefined, async () => {
                const [old] = (await call(port, sessions.cara, 'GET', '/studio/keys')).keys;
                return (await call(port, sessions.cara, 'POST', `/studio/keys/${old.id}/replace`, { overlap_minutes: 0 }, [201])).key;
            }),
            () => this.change('follows', !this.told.follows.is, (next) => call(port, sessions.dora, next ? 'PUT' : 'DELETE', '/channels/anna/follow').then(() => next)),
        ];
        await Promise.all(changes.map(async (change) => {
            try {
                while (await change());
            } catch (error) {
                // Whoever waits for an answer of a box without power gets none.
                if (!error.code && error.message !== 'no answer') throw error;
            }
        }));
    }

    /** From the question to the answer either may be so. */
    async change(what, next, ask) {
        const fact = this.told[what];
        fact.next = next;
        fact.isChanging = true;
        fact.is = await ask(next) ?? next;
        fact.isChanging = false;
        return this.told.changes += 1;
    }

    /** Fails unless everything that was acknowledged is so. */
    async check(port) {
        const { accounts, password, key, follows } = this.told;
        const owner = await logIn(port, 'anna');
        expect(owner, "the owner can't log in");
        const there = (await call(port, owner, 'GET', '/people')).people.map((person) => person.name);
        const lost = accounts.filter((name) => !there.includes(name));
        expect(lost.length === 0, `acknowledged and gone: ${lost}; there: ${there}`);
        expect(await logIn(port, accounts.at(-1)), `${accounts.at(-1)} can't log in`);
        expect(await logIn(port, 'ben', password.is) || (password.isChanging && await logIn(port, 'ben', password.next)), "ben's password is lost");
        const keys = (await call(port, await logIn(port, 'cara'), 'GET', '/studio/keys')).keys.map((each) => each.key);
        expect(keys.length === 1 && (keys[0] === key.is || key.isChanging), `cara's key was ${key.is}, is ${keys}`);
        const now = (await call(port, await logIn(port, 'dora'), 'GET', '/channels/anna')).follows;
        expect(now === follows.is || follows.isChanging, `dora follows: ${now}, acknowledged: ${follows.is}`);
    }
}

/** Waits until a daemon answers. */
export function answering(port, seconds) {
    return until('the daemon answers', seconds, async () => (await request(port, 'GET', '/healthz')).status < 500);
}
