export const devCommand = async (): Promise<number> => 1;
