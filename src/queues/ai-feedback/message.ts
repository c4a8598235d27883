import { z } from "zod";

/** Which job to run; everything else is read when it runs. */
export const AiFeedbackMessage = z.object({ jobId: z.string() });
