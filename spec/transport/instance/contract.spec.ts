import { realClock } from '../../../transport/host/clock.ts';
import { realRandom } from '../../../transport/host/random.ts';
import { metadataService } from '../../../transport/instance/service.ts';
import { SimInstance } from '../../../transport/sim/host.ts';
import { describeMetadata } from '../../contract/metadata.ts';
import { MetadataService } from '../../support/metadata-service.ts';

const clock = realClock();

describeMetadata('a metadata service over HTTP', async () => {
  const service = new MetadataService();
  await service.open();
  const options = { endpoint: service.url, identityDisabled: false };
  return {
    port: metadataService({ ...options, clock, random: realRandom }),
    set: (facts) => service.set(facts),
    setTrouble: async (trouble) => {
      service.answers.clear();
      if (trouble === 'METADATA_UNREACHABLE') await service.close();
      else if (trouble !== null)
        service.answers.set('*', trouble === 'METADATA_REFUSED' ? 400 : 503);
    },
    close: () => service.close(),
  };
});

describeMetadata('the simulated metadata service', async () => {
  const instance = new SimInstance(clock, {}, 0);
  return {
    port: instance.port,
    set: (facts) => instance.set(facts),
    setTrouble: async (trouble) => instance.setTrouble(trouble),
    close: () => Promise.resolve(),
  };
});
