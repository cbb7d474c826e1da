/** Histories for each property: more where there is time. RUNS asks for a number; long runs find what short ones do not. */
export const RUNS = Number(process.env['RUNS'] ?? (process.env['CI'] === 'true' ? 3400 : 300));
