// SPDX-License-Identifier: MIT
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { Logo } from '../../components/logo';
import { Loaded } from '../../components/states';
import { setupQuery, useMe } from '../../lib/auth';
import { _ } from '../../lib/i18n';
import type { Setup } from '../../lib/types';
import { AccountStep } from './account-step';
import { DoneStep } from './done-step';
import { ProviderStep } from './provider-step';
import { SecretStep } from './secret-step';

type Step = 'secret' | 'account' | 'provider' | 'done';

function firstStep(setup: Setup, isSignedIn: boolean): Step {
  if (setup.needs_secret) return 'secret';
  if (setup.needs_owner || !isSignedIn) return 'account';
  return setup.needs_provider ? 'provider' : 'done';
}

function Steps({ at }: { at: Step }) {
  const names: [Step, string][] = [
    ['secret', _('Secret')],
    ['account', _('Account')],
    ['provider', _('Provider')],
    ['done', _('Done')],
  ];
  return (
    <ol className="wizard-steps" aria-label={_('Steps of the set-up')}>
      {names.map(([step, name], index) => (
        <li key={step} aria-current={step === at ? 'step' : undefined}>
          <span className="number">{index + 1}</span> {name}
        </li>
      ))}
    </ol>
  );
}

function Wizard({ setup }: { setup: Setup }) {
  const me = useMe();
  const navigate = useNavigate();
  const [step, setStep] = useState<Step>(() => firstStep(setup, me !== null));
  const [token, setToken] = useState('');
  const shared = { token, setToken, needsToken: setup.needs_token };
  return (
    <>
      <Steps at={step} />
      <section className="card wizard-card" aria-live="polite">
        {step === 'secret' && (
          <SecretStep
            {...shared}
            keyring={setup.keyring_available}
            next={() => setStep(setup.needs_owner ? 'account' : 'provider')}
          />
        )}
        {step === 'account' && <AccountStep {...shared} next={() => setStep('provider')} />}
        {step === 'provider' && <ProviderStep next={() => setStep('done')} />}
        {step === 'done' && (
          <DoneStep
            go={() => void navigate({ to: '/chat' })}
            addServer={() => void navigate({ to: '/servers', search: { add: true } })}
          />
        )}
      </section>
    </>
  );
}

export default function SetupPage() {
  const query = useQuery(setupQuery);
  return (
    <main className="door" id="main">
      <header className="row">
        <Logo size={40} />
        <div>
          <h1>{_('Welcome to Vigilus')}</h1>
          <p className="muted">{_('Three short steps, then you can talk to it.')}</p>
        </div>
      </header>
      <Loaded query={query}>{(setup) => <Wizard setup={setup} />}</Loaded>
    </main>
  );
}
